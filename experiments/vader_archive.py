"""The rated texts of VADER (Hutto and Gilbert 2014, MIT licence) in the source archive of vaderSentiment 3.3.2, for 42 and 78."""
import hashlib
import io
import tarfile

SOURCE = "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9"            # SHA-256 of vaderSentiment-3.3.2.tar.gz


def lines(archive, *names):
    """The lines of files of the collection, such as "amazonReviewSnippets_GroundTruth"; ValueError where the archive is another one."""
    with open(archive, "rb") as file:
        content = file.read()
    if hashlib.sha256(content).hexdigest() != SOURCE:
        raise ValueError(f"archive: expected the source archive of vaderSentiment 3.3.2, got {archive}")
    with tarfile.open(fileobj=io.BytesIO(content)) as outer:
        inner = outer.extractfile("vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz").read()
    with tarfile.open(fileobj=io.BytesIO(inner)) as files:
        return [files.extractfile(f"hutto_ICWSM_2014/{name}.txt").read().decode("utf-8-sig").splitlines() for name in names]
