"""manage.py api_token: make, list and revoke."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from classifier.models import ApiToken
from classifier.visitors import tokens


def test_a_token_is_printed_once_and_listed_by_its_beginning(db, run_command):
    made = run_command(
        "api_token", "create", "my script", "--scope", "read", "--scope", "classify",
        "--jobs-per-hour", "500",
    )  # fmt: skip
    text = made.out.strip()
    row = tokens.find(text)
    assert (row.name, row.scopes, row.jobs_per_hour) == ("my script", ["read", "classify"], 500)
    listed = run_command("api_token", "list").out
    assert row.first_characters in listed
    assert "read+classify" in listed
    assert "500 an hour" in listed
    assert text not in listed
    assert "is revoked" in run_command("api_token", "revoke", str(row.pk)).out
    assert tokens.find(text) is None
    assert "revoked already" in run_command("api_token", "revoke", str(row.pk)).out
    assert "revoked 2" in run_command("api_token", "list").out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["create", "", "--scope", "read"], "Name the program"),
        (["create", "a\0b", "--scope", "read"], "Name the program"),
        (["create", "x" * 101, "--scope", "read"], "Name the program"),
        (["create", "x", "--scope", "read", "--jobs-per-hour", "-1"], "a number of songs"),
        (["create", "x", "--scope", "review"], "needs an owner who is staff"),
        (["create", "x", "--scope", "read", "--owner", "nobody"], "There is no user"),
        (["revoke", "77"], "There is no token 77"),
    ],
)
def test_what_cannot_be_is_one_sentence(db, run_command, arguments, sentence):
    result = run_command("api_token", *arguments)
    assert result.code == 2
    assert sentence in result.err
    assert not ApiToken.objects.exists()


def test_a_reviewing_token_has_an_owner_who_may_review(db, run_command):
    User.objects.create_user("ann", is_staff=True, is_superuser=True)
    text = run_command("api_token", "create", "x", "--scope", "review", "--owner", "ann").out
    assert tokens.find(text.strip()).owner.username == "ann"
    assert "of ann" in run_command("api_token", "list").out
