#!/usr/bin/env python3
"""A model of one's own beside tipoff's: a group of systems, in plain Python.

    TIPOFF_START_GROUPS=mine tipoff serve &
    python3 examples/python_model.py --url http://127.0.0.1:8080 [--group mine] [--key KEY]

It predicts points as minutes times points a minute, each an exponentially weighted mean whose
half-life it chooses anew for each player: the one that would have predicted his own past best. It
says how likely what is by what its errors were. docs/WORKERS.md explains groups.
"""
import math
import statistics

from python_worker import Skip, main

MODEL = "python_ewma"
VERSION = "python_ewma/1"
HALF_LIVES = (2, 4, 8, 16)
GAMES_MIN = 8


def weighted(values, half_life):
    """The mean of values, newest first, each half as heavy as one `half_life` games newer."""
    weights = [0.5 ** (i / half_life) for i in range(len(values))]
    return sum(w * v for w, v in zip(weights, values)) / sum(weights)


def expected(games, half_life):
    minutes = [game["minutes_played"] for game in games]
    rates = [game["points"] / max(game["minutes_played"], 1) for game in games]
    return weighted(minutes, half_life) * weighted(rates, 4 * half_life)


def errors_of(games, half_life):
    """What it would have been off in each of the last games, from those before it alone."""
    return [expected(games[i + 1:], half_life) - games[i]["points"]
            for i in range(min(len(games) - GAMES_MIN + 1, 20))]


def normal_below(z):
    return 0.5 * math.erfc(-z / math.sqrt(2))


def predict(request):
    """The predictions for one request. Pure: the same request gives the same answer."""
    games = request["history"]  # Newest first; an empty list means that he really has none.
    if request.get("availability") in ("OUT", "DOUBTFUL"):
        raise Skip("PlayerOut")
    if len(games) <= GAMES_MIN:
        raise Skip("NotEnoughGames")
    tried = {h: errors_of(games, h) for h in HALF_LIVES}
    half_life = min(HALF_LIVES, key=lambda h: statistics.fmean(abs(e) for e in tried[h]))
    mean = min(max(expected(games, half_life), 0), 60)
    # A player's few errors are drawn to what the league's are around such a mean.
    own = statistics.fmean(e * e for e in tried[half_life])
    spread = math.sqrt(0.5 * own + 0.5 * (7.5 + 2.6 * mean))
    predictions = []
    for line in request["line_values"]:  # [null] where there is no line.
        prediction = {
            "system": MODEL, "line": line, "predicted_points": round(mean, 1),
            "spread": round(spread, 1), "confidence": 0.5, "model_version": VERSION,
            "p10": round(max(mean - 1.2816 * spread, 0), 1), "p50": round(mean, 1),
            "p90": round(mean + 1.2816 * spread, 1),
            "components": {"half_life": half_life, "minutes": round(weighted(
                [game["minutes_played"] for game in games], half_life), 2)},
        }
        if line is not None:
            over = 1 - normal_below((math.floor(line) + 0.5 - mean) / spread)
            prediction["p_over"] = round(over, 3)
            prediction["recommendation"] = ("OVER" if over > 0.6 else
                                            "UNDER" if over < 0.4 else "PASS")
        predictions.append(prediction)
    return predictions


if __name__ == "__main__":
    main(model=predict, version=VERSION, group="mine", about=__doc__)
