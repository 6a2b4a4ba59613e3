"""The sign-in page: nothing put into it can leave its place, and its form goes to this machine alone."""

import base64
import hashlib
import re

from vibes_trio.content.sign_in_page import POLICY, SignIn, render_sign_in

HOSTILE = '"></title><script>alert(1)</script>'


def test_it_shows_which_device_asks_and_keeps_what_it_was_opened_with():
    page = render_sign_in(
        SignIn("/s", "a.b.c", "http://localhost:50000/cert", "Ada's laptop", "zKey")
    ).decode()

    assert "<code>Ada&#x27;s laptop</code>" in page
    assert "<code>zKey</code>" in page
    assert '<form method="post" action="/s">' in page
    assert 'name="csr" value="a.b.c"' in page
    assert 'name="returnUrl" value="http://localhost:50000/cert"' in page
    assert "alert" not in page


def test_trouble_is_read_out():
    page = render_sign_in(SignIn("/s", "c", "r", "d", "f", trouble="Too old.")).decode()

    assert '<p role="alert" class="trouble">Too old.</p>' in page


def test_nothing_put_into_it_can_leave_its_place():
    page = render_sign_in(SignIn(*[HOSTILE] * 8)).decode()

    assert "<script" not in page
    assert page.count("<title>") == 1


def test_its_policy_lets_its_own_style_in_and_no_frame_hold_it():
    page = render_sign_in(SignIn("/s", "c", "r", "d", "f")).decode()
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert f"style-src 'sha256-{digest}'" in POLICY
    assert "default-src 'none'" in POLICY
    assert "frame-ancestors 'none'" in POLICY
    assert "form-action 'self' http://localhost:* http://127.0.0.1:*" in POLICY


def test_who_is_signed_in_lets_it_in_with_a_click_and_others_are_led_to_sign_in():
    nobody = render_sign_in(SignIn("/s", "c", "r", "d", "f", sign_in="/sign-in?next=/s")).decode()
    ada = render_sign_in(SignIn("/s", "c", "r", "d", "f", user="ada")).decode()

    assert '<a href="/sign-in?next=/s">' in nobody
    assert 'name="as"' not in nobody
    assert '<button name="as" value="session">Let it in as ada</button>' in ada
    assert ada.count("<form") == 2
    assert ada.count('name="csr" value="c"') == 2
