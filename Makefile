# Every target calls a script in tools/ that also runs by itself, on Windows too: python tools/lab.py
PYTHON ?= python3

.PHONY: help setup lab hub site paper test outputs table test-isa bench mutants new clean
help:           ## print this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20
	@echo "  another Python:   make lab PYTHON=python3.12   (the environment is made with it, once)"
	@echo '  JupyterLab options:  make lab ARGS="--no-browser --port=9000"'
lab:            ## set up if need be and open JupyterLab on 00_start_here, in your own copies (work/); ARGS="…" goes to it
	$(PYTHON) tools/lab.py $(ARGS)
hub:            ## serve the book to a class with JupyterHub, as root of a Linux computer: TEACHING.md; ARGS="…" goes to it
	$(PYTHON) tools/hub.py $(ARGS)
site:           ## the book as web pages, from the stored notebooks: _site/html/index.html
	$(PYTHON) tools/website.py
paper:          ## the book as an EPUB, a PDF of each chapter and part, worksheets on A4, from the site: _site/paper
	$(PYTHON) tools/paper.py
test:           ## set up if need be and run everything that CI runs; NB=11 tests one notebook, NB="11 32" two
	$(PYTHON) tools/test.py $(NB)
setup:          ## make the whole environment and stop; GROUPS="tensorflow language" adds these groups of packages
	$(PYTHON) tools/setup.py $(GROUPS)
outputs:        ## run the notebooks, store their outputs, rewrite notebooks/formulas.md and words.md; NB=11 runs one
	$(PYTHON) tools/outputs.py $(NB)
table:          ## make the tables of a chapter anew by its script in experiments/, minutes to an hour; NB=36
	$(PYTHON) tools/table.py $(NB) $(ARGS)
test-isa:       ## run the book under other CPU instruction sets and report every cell that differs; NB=11 for one
	$(PYTHON) tools/isa.py $(NB)
bench:          ## table of times and memory: each notebook and every other benchmark; NB=11 for one
	$(PYTHON) tools/bench.py $(NB)
mutants:        ## change the taught modules of attnlib in every small way and see which changes the tests miss
	$(PYTHON) tools/mutants.py
new:            ## lay down a new notebook and its exercises: make new NB=17_slug
	$(PYTHON) tools/new.py $(NB)
clean:          ## remove the environment and what the tools left behind; your work/ stays
	$(PYTHON) tools/clean.py
