"""The tokenizer: a Unigram model over the captions of the made-up scenes and common words for what films show."""

from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

_WORDS = """
a an the of in on at by over under above with without and or to from into through across along around behind before
near is are moves move moving walks walking runs running rides riding drives driving flies flying sits sitting
stands standing looks looking turns turning talks talking smiles smiling jumps jumping rolls rolling falls falling
opens opening wakes man woman boy girl person people child face head hand hair eyes hat glasses suit shirt tie dog
cat bird rabbit bunny horse animal squirrel mouse fish insect butterfly car bus truck train bicycle bike bikes
cyclist motorcycle boat ship plane phone window door seat wheel road street path bridge city town building house
room table chair tree trees grass forest meadow field flower flowers leaf leaves mountain mountains hill rock sand
sea lake river water wave waves rain snow ice fire smoke sky cloud clouds sun moon star stars light shadow night day
morning evening sunset summer autumn winter spring red green blue yellow orange purple pink white black grey brown
dark bright pale large small big tall old young round left right up down top bottom slowly quickly fast past away
towards still camera pans tilts zooms film video clip cartoon animated animation scene view background foreground
close-up shot colour black-and-white blurred blurry noisy sharp quiet circle square triangle ring box ball drop cup
bottle paper wood metal stone glass cloth music game dance sport kitchen
"""
_SPECIAL = ("<pad>", "</s>", "<s>", "<unk>")


def train_tokenizer(captions: Iterable[str], vocabulary: int, folder: Path) -> int:
    """Writes the tokenizer's two files into `folder`; its number of tokens, at most `vocabulary`."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=vocabulary,
        special_tokens=list(_SPECIAL),
        unk_token="<unk>",
        initial_alphabet=[chr(code) for code in range(33, 127)],
        show_progress=False,
    )
    corpus = [*captions, *(w for word in _WORDS.split() for w in [word, word.capitalize()] * 4)]
    tokenizer.train_from_iterator(corpus, trainer)
    end = tokenizer.token_to_id("</s>")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", end)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        bos_token="<s>",
        unk_token="<unk>",
        model_max_length=512,
    )
    fast.save_pretrained(str(folder))
    return len(fast)
