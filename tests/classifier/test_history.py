from django.urls import reverse

from classifier.models import HistoryEntry


def test_an_empty_history_says_so_and_sets_no_cookie(client, db):
    response = client.get(reverse("history"))
    assert response.status_code == 200
    assert "sessionid" not in response.cookies


def test_one_visitor_never_sees_anothers_history(client, client_factory, make_classification):
    mine, theirs = make_classification(title="Mine"), make_classification(title="Theirs")
    for visitor, song in (("me", mine), ("them", theirs)):
        HistoryEntry.objects.create(visitor=visitor, classification=song)
    session = client.session
    session["visitor"] = "me"
    session.save()
    page = client.get(reverse("history")).content.decode()
    assert "Mine" in page
    assert "Theirs" not in page
    assert "Mine" not in client_factory().get(reverse("history")).content.decode()


def test_entries_without_a_visitor_belong_to_nobody(client, make_classification):
    HistoryEntry.objects.create(visitor="", classification=make_classification(title="Nobody's"))
    assert "Nobody" not in client.get(reverse("history")).content.decode()


def test_the_newest_comes_first_page_by_page(client, make_classification, settings):
    settings.HISTORY_PAGE_SIZE = 2
    session = client.session
    session["visitor"] = "me"
    session.save()
    for title in ("first", "second", "third"):
        HistoryEntry.objects.create(visitor="me", classification=make_classification(title=title))
    page = client.get(reverse("history")).context["page"]
    assert [entry.display_title for entry in page] == ["third", "second"]
    page = client.get(reverse("history"), {"page": 2}).context["page"]
    assert [entry.display_title for entry in page] == ["first"]
    assert client.get(reverse("history"), {"page": "nonsense"}).status_code == 200
