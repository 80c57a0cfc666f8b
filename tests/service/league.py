"""A league that is made for loads: everybody plays on each of its days."""
import csv
import datetime
import os

TEAMS = 30
PLAYERS = 450
FIRST_DAY = datetime.date(2026, 1, 5)
DAYS = 20
GAME_DATE = str(FIRST_DAY + datetime.timedelta(DAYS))


def write_league(folder, players_per_team=PLAYERS // TEAMS):
    """30 teams that all play every day; their players, 450 at first, all play half an hour."""
    teams = [f"T{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(TEAMS)]
    games, boxes = [], []
    for day in range(DAYS + 1):
        date = FIRST_DAY + datetime.timedelta(day)
        for pair in range(TEAMS // 2):
            home, away = teams[2 * pair], teams[2 * pair + 1]
            game = f"{22500000 + day * 100 + pair:010}"
            over = day < DAYS
            games.append([game, date, "2025-26", "Regular Season", home, away,
                          100 if over else "", 99 if over else "", 0])
            for team, other in ((home, away), (away, home)) if over else ():
                for n in range(players_per_team):
                    player = 9000000 + teams.index(team) * 1000 + n
                    boxes.append([game, date, "2025-26", "Regular Season", player,
                                  f"Player {team} {n}", team, other, int(team == home),
                                  30, 8 + (n + day) % 15])
    paths = []
    for name, header, rows in (
            ("schedule.csv", "game_id,game_date,season,season_type,home_team,away_team,"
                             "home_score,away_score,neutral_site", games),
            ("player_games.csv", "game_id,game_date,season,season_type,player_id,player_name,"
                                 "team,opponent,is_home,minutes,points", boxes)):
        paths.append(os.path.join(folder, name))
        with open(paths[-1], "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header.split(","))
            writer.writerows(rows)
    return paths
