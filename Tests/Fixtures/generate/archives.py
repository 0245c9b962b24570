"""Rebuilds the layouts in which public archives of checkpoints lie on disks, small, from the demo's checkpoints.

    python3 archives.py DIR            # writes the layouts below DIR
    python3 archives.py DIR --check QID # and asks `QID ingest --dry-run --json` what it understands of each

Python's own library is all that it needs.
"""

import argparse
import hashlib
import json
import pathlib
import shutil
import subprocess
import tarfile

DEMO = pathlib.Path(__file__).resolve().parents[3] / "Manifests/demo/archive/neox-200k-seed1"
STEPS = [64, 128, 256, 512, 1024]


def files(step):
    return sorted((DEMO / f"step{step}").iterdir())


def plain(folder, step, trainer=None):
    folder.mkdir(parents=True)
    for file in files(step):
        shutil.copyfile(file, folder / file.name)
    if trainer:
        (folder / "trainer_state.json").write_text(json.dumps(trainer))


def local_directory(folder, step):
    """What `hf download --local-dir` leaves."""
    plain(folder, step)
    for file in files(step):
        metadata = folder / ".cache/huggingface/download" / f"{file.name}.metadata"
        metadata.parent.mkdir(parents=True, exist_ok=True)
        metadata.write_text(f"{'0' * 40}\n{hashlib.sha256(file.read_bytes()).hexdigest()}\n0.0\n")


def tar(file, step):
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file, "w") as archive:
        for member in files(step):
            archive.add(member, f"checkpoint/{member.name}")


def cache(hub, repository, revisions):
    """A Hugging Face cache: blobs named by their SHA-256, snapshots of links to them, references."""
    folder = hub / ("models--" + repository.replace("/", "--"))
    for number, (revision, step) in enumerate(revisions):
        commit = f"{number:040x}"
        for file in files(step):
            content = file.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            blob = folder / "blobs" / digest
            blob.parent.mkdir(parents=True, exist_ok=True)
            blob.write_bytes(content)
            link = folder / "snapshots" / commit / file.name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(pathlib.Path("../../blobs") / digest)
        reference = folder / "refs" / revision
        reference.parent.mkdir(parents=True, exist_ok=True)
        reference.write_text(commit)


def build(root):
    cache(root / "pythia", "EleutherAI/pythia-14m", [("step1", 64), ("step1000", 128), ("step143000", 512)])
    cache(root / "pythia", "EleutherAI/pythia-14m-seed1", [("step1000", 256)])
    cache(root / "olmo2", "allenai/OLMo-2-0425-1B",
          [("stage1-step1000-tokens3B", 64), ("stage1-step1907359-tokens4001B", 128),
           ("stage2-ingredient1-step1000-tokens3B", 256), ("stage2-ingredient2-step1000-tokens3B", 512)])
    cache(root / "datadecide", "allenai/DataDecide-c4-60M",
          [("step1250-seed-default", 64), ("step1250-seed-small-aux-2", 128)])
    local_directory(root / "local/SmolLM3-3B/stage1-step-40000", 64)
    plain(root / "names/BLOOM/global_step1000", 64)
    plain(root / "names/K2/train_00220B", 128)
    plain(root / "names/SmolLM2/15T", 256)
    plain(root / "names/TinyLlama-1.1B-step-50K-105b", 512)
    tar(root / "names/Apertus/step50000-tokens210B.tar", 1024)
    plain(root / "pattern/ckpt_1.5k-seed3", 64)
    plain(root / "pattern/ckpt_1.5k-seed4", 128)
    rates = [(10, 0.5), (20, 1.0), (30, 1.0), (40, 0.25)]
    for place, (step, _) in enumerate(rates):
        history = [{"step": at, "learning_rate": rate} for at, rate in rates if at <= step]
        plain(root / f"trainer/run/checkpoint-{step}", STEPS[place],
              {"global_step": step, "max_steps": 50, "num_input_tokens_seen": 2048 * step, "log_history": history})


# archive: (its line in a manifest, series, step, D, phase of each place in byte order of their names)
EXPECTED = {
    "pythia": ("tokens_per_step: 2097152", [
        ("EleutherAI/pythia-14m-seed1", 1000, 2097152000, "unknown"),
        ("EleutherAI/pythia-14m", 1, 2097152, "unknown"), ("EleutherAI/pythia-14m", 1000, 2097152000, "unknown"),
        ("EleutherAI/pythia-14m", 143000, 299892736000, "unknown")]),
    "olmo2": ("stages: {2: {tokens_before: 4001000000000}}", [
        ("allenai/OLMo-2-0425-1B/stage1", 1000, 3000000000, "unknown"),
        ("allenai/OLMo-2-0425-1B/stage1", 1907359, 4001000000000, "unknown"),
        ("allenai/OLMo-2-0425-1B/stage2-ingredient1", 1000, 4004000000000, "decay"),
        ("allenai/OLMo-2-0425-1B/stage2-ingredient2", 1000, 4004000000000, "decay")]),
    "datadecide": ("tokens_per_step: 65536", [
        ("allenai/DataDecide-c4-60M/seed-default", 1250, 81920000, "unknown"),
        ("allenai/DataDecide-c4-60M/seed-small-aux-2", 1250, 81920000, "unknown")]),
    "local": ("tokens_per_step: 2359296", [("SmolLM3-3B/stage1", 40000, 94371840000, "unknown")]),
    "names": ("series: null", [
        ("Apertus", 50000, 210000000000, "unknown"), ("BLOOM", 1000, None, "unknown"),
        ("K2", None, 220000000000, "unknown"), ("SmolLM2", None, 15000000000000, "unknown"),
        ("names/TinyLlama-1-1B", 50000, 105000000000, "unknown")]),
    "pattern": ('name: "ckpt_{step}-seed{seed}", tokens_per_step: [{from: 0, tokens: 10}, {from: 1000, tokens: 20}]', [
        ("pattern/ckpt-seed3", 1500, 20000, "unknown"), ("pattern/ckpt-seed4", 1500, 20000, "unknown")]),
    "trainer": ("tokens_per_step: 2048", [
        ("run", 10, 20480, "unknown"), ("run", 20, 40960, "warm-up"), ("run", 30, 61440, "stable"),
        ("run", 40, 81920, "decay")]),
}


def check(root, qid):
    wrong = 0
    for archive, (rule, expected) in EXPECTED.items():
        rule = "" if rule == "series: null" else ", " + rule
        manifest = root / f"{archive}.yaml"
        manifest.write_text(f"name: layouts\narchives: [{{path: {archive}, family: f{rule}}}]\n"
                            "shard: none.txt\ncontext: 32\nspecs: []\n")
        command = [qid, "ingest", "--dry-run", "--json", "--manifest", str(manifest), "--workspace", str(root / "none")]
        found = json.loads(subprocess.run(command, stdout=subprocess.PIPE).stdout)["places"]
        places = [(one["series"], one["step"], one["tokens"], one["phase"])
                  for one in sorted(found, key=lambda one: one["place"])]
        if places != expected:
            wrong += 1
            print(f"{archive}: {places} where {expected} was expected")
    print("all layouts are understood" if wrong == 0 else f"{wrong} layouts are not understood")
    return wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--check", metavar="QID")
    arguments = parser.parse_args()
    arguments.directory.mkdir(parents=True)
    build(arguments.directory)
    raise SystemExit(1 if arguments.check and check(arguments.directory, arguments.check) else 0)
