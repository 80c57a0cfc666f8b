"""Two servers on one data folder: starts and completions that come to both at once."""
import collections
import threading

from service import GAME_DATE, Client, check, envelope, expect, run, until

START = {"game_date": GAME_DATE, "prediction_run_mode": "BACKFILL"}
PLAYERS = 202
STARTS = 200


def at_once(count, work):
    """What `work(n)` answers for each n, with all of them let go at the same moment."""
    answers = [None] * count
    gate = threading.Barrier(count)

    def one(number):
        gate.wait()
        answers[number] = work(number)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expect(None not in answers, "a call failed")
    return answers


def start_together(clients):
    def start(number):
        answer = clients[number].post("/start", START)
        return answer.status, answer.json.get("batch_id")

    answers = at_once(STARTS, start)
    statuses = collections.Counter(status for status, _ in answers)
    check(statuses == {202: 1, 409: STARTS - 1},
          f"F04: of {STARTS} starts at once, half to each server, one starts", statuses)
    check(len({batch for _, batch in answers}) == 1, "and all name the same batch")
    return answers[0][1]


def complete_together(servers, batch, players):
    """Every completion to both servers, which take turns in being asked first."""
    lanes = 16
    predictions = {player: 20 + number % 7 for number, player in enumerate(players)}

    def lane(number):
        clients = [server.client() for server in servers]
        statuses = collections.Counter()
        for position in range(number, len(players) * 2, lanes):
            player = players[position % len(players)]
            again = position >= len(players)
            body = envelope({"player_lookup": player, "game_date": GAME_DATE, "batch_id": batch,
                             "predictions_generated": predictions[player]}, position)
            statuses[clients[(position + again) % 2].post("/complete", body).status] += 1
        for client in clients:
            client.close()
        return statuses

    statuses = sum(at_once(lanes, lane), collections.Counter())
    check(statuses == {204: 2 * len(players)},
          f"{2 * len(players)} completions, each once to each server, are acknowledged", statuses)
    return sum(predictions.values())


def last_together(servers, batch, players):
    """F24: all but two, then the last two at the same instant, one to each server."""
    client = servers[0].client()

    def report(to, player):
        return to.post("/complete", envelope(
            {"player_lookup": player, "batch_id": batch, "predictions_generated": 3})).status

    expect({report(client, player) for player in players[:-2]} == {204}, "all but two")
    ends = [server.client() for server in servers]
    statuses = at_once(2, lambda number: report(ends[number], players[number - 2]))
    check(statuses == [204, 204], "F24: the last two at once, one to each server")


def judge(servers, batch, total, publication):
    client = servers[0].client()
    until("the batch ends", lambda: client.get(f"/v1/batches/{batch}").json["ended_at"])
    told = [server.client().get(f"/v1/batches/{batch}").json for server in servers]
    end = told[0]
    check(end["phase"] == "succeeded" and end["counts"]["succeeded"] == PLAYERS
          and end["counts"]["open"] == 0, "it succeeds, with every request counted once",
          end["counts"])
    check(end["total_predictions"] == total, f"{total} predictions, to the last one", end)
    check(end["publication"] == publication, "it is published once", end["publication"])
    entries = client.get(f"/v1/batches/{batch}/journal").json["entries"]
    check([entry["seq"] for entry in entries] == list(range(1, len(entries) + 1)),
          "its journal has no gap and no double")
    check(sum(entry["phase"] == "succeeded" for entry in entries) == 1
          and entries[-1]["phase"] == "succeeded", "and one end, which is its last entry",
          entries[-2:])
    check(told[0] == told[1], "both servers tell the same", told)


def twins(world):
    """two servers on one data folder are one coordinator"""
    folder = world.demo()
    servers = [world.server(folder, "--workers", "0") for _ in range(2)]
    clients = [Client(servers[number % 2].url) for number in range(STARTS)]
    for client in clients:
        expect(client.get("/livez").status == 200, "connected")
    batch = start_together(clients)
    for client in clients:
        client.close()
    requests = servers[1].client().get(f"/v1/batches/{batch}/requests").json["requests"]
    players = [request["player_id"] for request in requests]
    expect(len(players) == PLAYERS, "players")
    total = complete_together(servers, batch, players)
    judge(servers, batch, total, 2)  # The demo has published once.
    answer = servers[1].client().post("/start", START)
    expect(answer.status == 202, "a start after the end", answer)
    batch = answer.json["batch_id"]
    last_together(servers, batch, players)
    judge(servers, batch, 3 * PLAYERS, 3)
    for server in servers:
        server.terminate()
    check([server.wait() for server in servers] == [0, 0], "told to stop, both exit 0")


run(twins)
