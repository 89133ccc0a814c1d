"""Texts a CPU-second of scikit-learn (and fastText where its wheel is there) at 11, 28, 70 and 500 characters: the peers of
`cargo bench -p stanch-detect --bench text -- classify`, prediction with vectorising, one thread, real posts cut and joined to length.

    python bench/quality/speed.py --data ../shared/data
"""

import argparse
import os
import tempfile
import time

from quality import SETS, rows_of
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC


def rate(ask, texts):
    best = 0.0
    for _ in range(3):
        start = time.process_time()
        ask(texts)
        best = max(best, len(texts) / (time.process_time() - start))
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--rows", type=int, default=3000)
    arguments = parser.parse_args()
    is_positive = dict((name, of) for name, of, _ in SETS)["mudou_sms"]
    train = rows_of(arguments.data, "mudou_sms", "train", is_positive, arguments.rows)
    texts = [row["text"].replace("\n", " ") for row in train]
    long = "".join(texts)
    cut = {size: [long[at : at + size] for at in range(0, min(len(long) - size, 2000 * size), size)] for size in (11, 28, 70, 500)}
    vectoriser = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True, min_df=2, max_features=400_000)
    model = LinearSVC(C=1).fit(vectoriser.fit_transform(texts), [row["label"] for row in train])
    for size, posts in cut.items():
        print("scikit-learn", size, round(rate(lambda p: model.decision_function(vectoriser.transform(p)), posts)), flush=True)
    try:
        import fasttext
    except ImportError:
        print("fastText: no wheel here")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "train")
        with open(path, "w", encoding="utf-8") as out:
            for row, text in zip(train, texts):
                out.write(f"__label__{row['label']} {' '.join(text)}\n")
        model = fasttext.train_supervised(path, wordNgrams=3, minn=0, maxn=0, thread=1, verbose=0)
    for size, posts in cut.items():
        print("fastText", size, round(rate(lambda p: [model.f.predict(" ".join(t) + "\n", 1, 0.0, "strict") for t in p], posts)), flush=True)


if __name__ == "__main__":
    main()
