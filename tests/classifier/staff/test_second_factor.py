"""The second factor: set up by a page or by a command, asked for at each log-in."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.urls import reverse
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

PAGE = "/admin/second-factor/"


def text_of(response) -> str:
    return response.content.decode()


@pytest.fixture
def device(staff):
    """An app that was set up before."""
    return TOTPDevice.objects.create(user=staff, name="app", confirmed=True)


def give(client, code: str, **more: str):
    return client.post(PAGE, {"code": code, **more})


def test_without_one_nothing_is_asked_for(client, staff, log_in):
    log_in(client)
    assert client.get(reverse("admin:index")).status_code == 200


def test_where_it_is_required_it_is_set_up_at_the_next_log_in(
    client, staff, log_in, settings, code_of
):
    settings.STAFF_SECOND_FACTOR = True
    log_in(client)
    response = client.get(reverse("admin:index"), follow=True)
    assert response.redirect_chain[-1][0].startswith(PAGE)
    page = text_of(response)
    assert "<svg" in page
    device = TOTPDevice.objects.get()
    assert not device.confirmed
    assert "This code is not right" in text_of(give(client, "000000"))
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    page = text_of(give(client, code_of(device)))
    codes = re.findall(r"<li><code>(\w+)</code></li>", page)
    assert len(codes) == 10
    assert client.get(reverse("admin:index")).status_code == 200


def test_the_page_keeps_the_policy_as_strict_as_it_is(client, staff, log_in, settings):
    settings.STAFF_SECOND_FACTOR = True
    log_in(client)
    response = client.get(PAGE)
    assert "unsafe" not in response["Content-Security-Policy"]
    assert "style=" not in text_of(response)
    assert "no-store" in response["Cache-Control"]


def test_a_password_alone_opens_no_page_of_the_admin(client, device, log_in):
    log_in(client)
    for url in (
        reverse("admin:index"),
        reverse("admin:classifier_classification_changelist"),
        reverse("admin:password_change"),
        reverse("admin:auth_user_changelist"),
    ):
        response = client.get(url)
        assert response.status_code == 302
        assert client.get(response.url).url.startswith(PAGE)


def test_the_apps_code_opens_it_once_and_leads_where_one_wanted(client, device, log_in, code_of):
    log_in(client)
    code = code_of(device)
    wanted = reverse("admin:classifier_classification_changelist")
    assert give(client, code, next=wanted).url == wanted
    assert client.get(wanted).status_code == 200
    client.logout()
    log_in(client)
    assert "not right, or was used" in text_of(give(client, code))


def test_it_leads_to_no_other_site(client, device, log_in, code_of):
    log_in(client)
    assert give(client, code_of(device), next="https://evil.example/").url == "/admin/"


def test_codes_are_not_guessed(client, device, log_in, code_of):
    """After a wrong one the next is not looked at for a while, right or not."""
    log_in(client)
    for _ in range(5):
        give(client, "000000")
    assert "not right" in text_of(give(client, code_of(device)))
    device.refresh_from_db()
    assert device.throttling_failure_count >= 1


def test_a_recovery_code_is_good_for_one_log_in(client, device, log_in, staff, run_command):
    run_command("second_factor", "anna")
    code = StaticToken.objects.first().token
    log_in(client)
    assert give(client, code.upper()).status_code == 302
    assert StaticToken.objects.count() == 9
    client.logout()
    log_in(client)
    assert "not right, or was used" in text_of(give(client, code))


def test_new_codes_replace_the_old_and_another_app_the_first(client, device, log_in, code_of):
    log_in(client)
    give(client, code_of(device))
    first = set(
        re.findall(r"<li><code>(\w+)</code></li>", text_of(client.post(PAGE, {"codes": 1})))
    )
    second = set(
        re.findall(r"<li><code>(\w+)</code></li>", text_of(client.post(PAGE, {"codes": 1})))
    )
    assert len(second) == 10
    assert not first & second
    assert "You have 10 recovery codes left" in text_of(client.get(PAGE))
    page = client.post(PAGE, {"replace": 1})
    assert "Scan this" in text_of(page)
    assert not StaticToken.objects.exists()
    new = TOTPDevice.objects.get()
    assert new.key != device.key
    assert give(client, code_of(new)).status_code == 200
    assert client.get(reverse("admin:index")).status_code == 200


def test_whoever_has_not_logged_in_is_shown_nothing(client, db, django_user_model):
    assert client.get(PAGE).url.startswith(reverse("admin:login"))
    client.force_login(django_user_model.objects.create_user("visitor"))
    assert client.get(PAGE).url.startswith(reverse("admin:login"))
    assert not TOTPDevice.objects.exists()


def test_nobody_reads_anothers_key_in_the_admin(admin_client):
    assert not any(model._meta.app_label.startswith("otp_") for model in admin.site._registry)
    assert admin_client.get("/admin/otp_totp/totpdevice/").status_code == 404


def test_the_command_sets_up_anew_for_whoever_is_locked_out(
    client, device, log_in, run_command, code_of
):
    result = run_command("second_factor", "anna")
    new = TOTPDevice.objects.get()
    assert new.key != device.key
    assert new.config_url in result.out
    assert result.out.count("\n  ") == 10
    log_in(client)
    assert give(client, code_of(new)).status_code == 302


def test_the_command_removes(client, device, log_in, run_command):
    assert "no second factor any more" in run_command("second_factor", "anna", "--remove").out
    log_in(client)
    assert client.get(reverse("admin:index")).status_code == 200


def test_the_command_knows_who_there_is(db):
    from django.core.management import CommandError, call_command

    with pytest.raises(CommandError, match="There is no user 'nobody'") as error:
        call_command("second_factor", "nobody")
    assert error.value.returncode == 2
