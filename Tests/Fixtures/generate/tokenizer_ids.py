"""Small tokenizers in the forms of published ones, and the ids that the tokenizers library gives: `tokenizers/`.

usage: tokenizer_ids.py                         compares `cases.json` with what the library says now
       tokenizer_ids.py --write [TEXT …]        writes the ids; each TEXT, a file, becomes a case
       tokenizer_ids.py --train FORM TEXT …     trains a tokenizer of that form on files, then writes

No special tokens are added. The committed ones were trained on the English reference works of Manifests/demo/README.md;
the comparison also holds everything in them but vocabulary and merges against FORMS.
"""

import argparse
import json

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from losses import FIXTURES, read_json, write_json

CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
WORDS = r"[^\r\n\p{L}\p{N}]?\p{L}+|DIGITS| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
# Tokenizers of few tokens make many of a text: they are not asked for long ones.
LONG = 2000
BYTE_TOKENS = [f"<0x{byte:02X}>" for byte in range(256)]


def byte_level(special, normalizer=None, first=None, vocab_size=3000, **model):
    """GPT-2's way: bytes as printable characters, words by its own pattern unless `first` cuts before."""
    pieces = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=not isinstance(first, pre_tokenizers.Split))
    result = Tokenizer(models.BPE(**model))
    result.pre_tokenizer = pre_tokenizers.Sequence([first, pieces]) if first else pieces
    result.decoder = decoders.ByteLevel()
    if normalizer:
        result.normalizer = normalizer
    return result, trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())


def split(digits):
    pattern = Regex(f"{CONTRACTIONS}|{WORDS.replace('DIGITS', digits)}")
    return pre_tokenizers.Split(pattern, "isolated")


def falcon():
    """Falcon's way: cuts before and after the bytes are written as characters, some of which are numbers."""
    result, _ = byte_level(["<|endoftext|>"])
    result.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Punctuation(behavior="contiguous"), pre_tokenizers.ByteLevel(add_prefix_space=False),
        pre_tokenizers.Digits(individual_digits=False), pre_tokenizers.Split(Regex("[0-9][0-9][0-9]"), "isolated")])
    return result, trainers.BpeTrainer(
        vocab_size=1000, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet())


def unigram(normalizer, pre_tokenizer, byte_fallback):
    """SentencePiece's pieces with scores, of which a word takes those that are likeliest together."""
    result = Tokenizer(models.Unigram([("<unk>", 0.0)], unk_id=0, byte_fallback=byte_fallback))
    result.pre_tokenizer = pre_tokenizer
    if normalizer:
        result.normalizer = normalizer
    special = ["<unk>", *BYTE_TOKENS] if byte_fallback else ["<unk>"]
    return result, trainers.UnigramTrainer(vocab_size=900, special_tokens=special, unk_token="<unk>")


def sentence_piece(normalizer=None, pre_tokenizer=None, vocab_size=2500):
    """Llama 2's way: `▁` for a blank, bytes for what the vocabulary lacks."""
    result = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    if normalizer:
        result.normalizer = normalizer
    if pre_tokenizer:
        result.pre_tokenizer = pre_tokenizer
    result.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    return result, trainers.BpeTrainer(vocab_size=vocab_size, special_tokens=["<unk>", "<s>", "</s>", *BYTE_TOKENS])


def forms():
    llama2 = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    mistral = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=False)
    return {
        "gpt2": byte_level(["<|endoftext|>"]),
        "gpt-neox": byte_level(["<|endoftext|>", "<|padding|>"], normalizers.NFC()),
        "llama3": byte_level(
            ["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"], first=split(r"\p{N}{1,3}"), ignore_merges=True),
        "qwen2": byte_level(["<|endoftext|>", "<|im_start|>", "<|im_end|>"], normalizers.NFC(), split(r"\p{N}")),
        "olmo-digits": byte_level(["<|endoftext|>"], first=pre_tokenizers.Digits(individual_digits=True)),
        "llama2-spm": sentence_piece(llama2),
        "mistral-metaspace": sentence_piece(pre_tokenizer=mistral),
        "falcon": falcon(),
        "gemma": sentence_piece(
            normalizers.Replace(" ", "▁"), pre_tokenizers.Split(" ", "merged_with_previous"), vocab_size=1000),
        "unigram": unigram(None, pre_tokenizers.Metaspace(), True),
        "unigram-normalized": unigram(
            normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase(), normalizers.Strip()]),
            pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation()]), False),
        "decomposed": byte_level(["<|endoftext|>"], normalizers.NFD(), pre_tokenizers.Punctuation(), vocab_size=900),
    }


def path(name):
    return str(FIXTURES / "tokenizers" / f"{name}.json")


def shape(tokenizer):
    """All of a tokenizer but its vocabulary, merges and added tokens."""
    content = json.loads(tokenizer.to_str())
    del content["added_tokens"], content["model"]["vocab"]
    content["model"].pop("merges", None)
    return content


def ids(texts):
    all_of_them = {name: Tokenizer.from_file(path(name)) for name in forms()}
    return [
        {
            "text": text,
            "ids": {
                name: one.encode(text, add_special_tokens=False).ids for name, one in all_of_them.items()
                if len(text) < LONG or one.get_vocab_size() > 1000
            },
        }
        for text in texts
    ]


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("--train", metavar="FORM", choices=forms())
    arguments.add_argument("texts", nargs="*")
    options = arguments.parse_args()
    cases = read_json("tokenizers/cases.json")
    texts = [case["text"] for case in cases]
    if options.train:
        tokenizer, trainer = forms()[options.train]
        tokenizer.train(options.texts, trainer)
        content = json.loads(tokenizer.to_str())
        # Training a unigram model forgets that it falls back on bytes.
        content["model"] |= shape(forms()[options.train][0])["model"]
        Tokenizer.from_str(json.dumps(content)).save(path(options.train))
    elif options.write:
        texts += [open(file, encoding="utf-8").read() for file in options.texts]
    if options.train or options.write:
        write_json("tokenizers/cases.json", ids(texts))
        raise SystemExit(0)
    differing = [found["text"] for found, known in zip(ids(texts), cases) if found["ids"] != known["ids"]]
    for name, (form, _) in forms().items():
        if shape(Tokenizer.from_file(path(name))) != shape(form):
            differing.append(name)
            print(f"{name} is not what its form makes: {shape(form)}")
    print(f"{len(cases)} texts, {len(forms())} tokenizers, tokenizers {tokenizers.__version__}: {len(differing)} differ")
    raise SystemExit(bool(differing))
