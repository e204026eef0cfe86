"""The page's scripts are whole, and the policy lets just these run."""

import base64
import hashlib
import re

from jobs.report.browse import page_scripts
from jobs.report.browse.scripts import EARLY, MODULES, _read


def test_the_policy_names_each_script_by_its_hash_and_forbids_requests(page):
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)[1].replace("&#39;", "'")
    scripts = re.findall(r'<script(?: type="module")?>(.*?)</script>', page, flags=re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert len(scripts) == 2
    assert re.findall(r"'sha256-([^']+)'", policy) == hashes
    assert policy.startswith("default-src 'none'; ")
    assert "script-src 'sha256" in policy
    assert "unsafe-eval" not in policy
    assert "http" not in policy


def test_every_module_is_put_in_once_and_nothing_is_left_to_import():
    late = str(page_scripts(with_tables=True).late)
    own = late[late.index(f"// {MODULES[0]}") :]
    assert [own.count(f"// {name}\n") for name in MODULES] == [1] * len(MODULES)
    assert not re.search(r"^(import|export)\b", own, flags=re.MULTILINE)


def test_what_a_module_imports_comes_before_it():
    for place, name in enumerate(MODULES):
        used = re.findall(r'from "\./([a-z]+\.js)"', _read(name))
        assert set(used) <= set(MODULES[:place])


def test_modules_use_each_name_once():
    names = [
        name
        for module in MODULES
        for name in re.findall(
            r"^(?:export )?(?:async )?(?:function|const|let) (\w+)", _read(module), flags=re.MULTILINE
        )
    ]
    assert len(names) == len(set(names)) > 30


def test_no_script_can_end_its_element():
    scripts = page_scripts(with_tables=True)
    for script in (scripts.early, scripts.late):
        assert script.count("</script") == 1
        assert "<!--" not in script


def test_the_colours_are_chosen_before_the_page_is_drawn(page):
    assert page.index(_read(EARLY)[:40]) < page.index("</head>")
