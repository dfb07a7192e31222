"""Texts that leave the program: secrets and control characters stay inside."""

from __future__ import annotations

import builtins
import functools
import re
import subprocess
import time
import traceback
from collections import OrderedDict
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator
from sklearn.pipeline import make_pipeline

from hpsklearn_search._secret_names import is_secret_name
from hpsklearn_search._secrets_in_texts import without_secrets
from hpsklearn_search._texts import concealed, hidden, hide_secrets, printable
from hpsklearn_search.exceptions import add_note

MARKER = "S3CRETpw"

ADDRESSES = [
    "http://alice:{}@127.0.0.1:9",
    "http://{}@host/path",
    "redis://:{}@host",
    "http://alice:a/{}@host:80/path",
    "http://alice:a@{}@host/path",
    "http://alice:a@b/{}@host/path",
    "http://alice:a@b/{}@127.0.0.1:9",
    "http://alice:a@b.c/{}@127.0.0.1:9",
    "postgresql://me:a@b/c@d/{}@host/db",
    f"postgresql://me:{'a' * 500}{{}}@host/db",
    f"postgresql://me:{'a' * 20_000}/{{}}@host/db",
    f"postgresql://{'a' * 600}:{{}}@host/db",
    f"http://{'a' * 600}{{}}@host",
    "postgresql://me:my {}@host/db",
    "postgresql://me:my {}/a b@host/db failed",
    "http://host/?api%5Fkey={}",
    "http://host/?pass%77ord={}&page=2",
    "postgresql://host/db?user=u&password={}",
    "http://host/?token={}&page=2",
    "http://host/?page=2#access_token={}",
    "mssql+pyodbc:///?odbc_connect=DRIVER%3Dx%3BPWD%3D{}",
    "http://host/?token=a(b){}&page=2",
    "http://host/?token=({}&page=2",
    "https://host/file?X-Amz-Signature={}&api_key={}&sig={}",
    "https://host/file?a=1&X-Goog-Signature={}",
    "http://host/?token[]={}",
    "http://host/?a[token]={}",
    "jdbc:oracle:thin:me/{}@//host:1521/x",
    "DRIVER=x;PWD={{a}}}}{}}};UID=u",
    "DRIVER=x;UID=u;PWD={};",
    "DRIVER=x;PWD={{a;{}}};",
    "jdbc:mysql://host/db;user=u;password={}",
]
TEXTS = [
    "Login(user='u', password='{}')",
    "Login(token=b'{}', C=1)",
    "{{'db': {{'secret': '{}'}}}}",
    '{{"apiKey": "{}"}}',
    "Authorization: Bearer {}",
    "SVC(password='{}",
    "f(a=1, text='password={}')",
    "f(b={{'password': '{}'}})",
    "{{'password': ['{}']}}",
    "{{'password': [['x'], ({{'y': '{}'}},)], 'C': 1}}",
    "{{'password': array(['x', '{}'])}}",
    "{{'password': np.str_('{}')}}",
    "{{'password': hp.choice(['x', '{}'])}}",
    "{{'password': ['a)b]', '{}']}}",
    "f(password=['x', '{}",
    "Command '['curl', '--token', '{}', '-v']' returned non-zero exit status 1.",
    "run([b'curl', b'--db-password', b'{}'])",
    'run(["curl", "-pw", "{}"])',
    "curl --api-key {} -v failed",
    "curl --password '{}' failed",
    "[('password', '{}'), ('C', 1)]",
    "dict_items([('api_key', ['{}', 'b'])])",
    "user=u password=a(b){} host=h",
    "user=u password=a(b),{} host=h",
    # lines of code, which a traceback shows
    'connect(password=r"{}")',
    "connect(password=f'{}', C=1)",
    "connect(password=Rb'{}', C=1)",
    "run(['curl', '--token', r'{}'])",
    "dict([('password', f'{}')])",
    'password: str = "{}"',
    "def connect(password: str | None = '{}', C: int = 1):",
    "password: Optional[str]='{}'",
    "token: dict[str, list[str]] = ['{}']",
    'connect(password="""{}""")',
    "connect(password=r'''{}''', C=1)",
    'x["password"] = "{}"',
    "(password := '{}')",
    # behind a word and a colon, which could be a variable and its type
    "ValueError: password='{}'",
    "login failed: token={}",
    "INFO:root:DB_PASSWORD={} PATH=/bin",
    "x: password=f('{}')",
    "rejected: token | secret = {}",
    # other ways to write a name and its value
    "password => {}",
    '"password" => "{}"',
    '{{\\"password\\": \\"{}\\"}}',
    "password      = '{}'",
    "api_key      = {}",
    '{{"password":    "{}"}}',
    # values of several parts
    "connect(token=os.environ.get('T') or '{}')",
    "connect(token='a' '{}', C=1)",
    "connect(token=read('T') + '{}')",
    "token = args.token or '{}'",
    "token = a if a else '{}'",
    "connect(token='a' + b + '{}', C=1)",
    "connect(token='%s' % '{}')",
    "connect(token='-'.join(['{}']))",
    "connect(token=x['a']['{}'])",
    "password = user = '{}'",
    "DRIVER=x;PWD=my {};Encrypt=yes",
    # an empty value before another one, and values on several lines
    "api_key =\npassword = {}\n",
    "API_KEY=\nDB_PASSWORD='{}'",
    "{{\n  'password': [\n    'a',\n    '{}'\n  ],\n  'C': 3\n}}",
    "{{'password': ['a',\n              '{}'],\n 'C': 1}}",
    "connect(password=['x',\n'{}'])",
    # headers
    "{{'Authorization': b'Basic {}'}}",
    "{{'authorization': ['Basic {}', 'x']}}",
    "Login(authorization=Secret('{}'), C=1)",
    "send: b'GET /\\r\\nX-Api-Key: {}\\r\\nHost: h'",
    """mysql --password 'it'"'"'s {}' x""",
    # lists of arguments and headers
    "['mysql', '--password=a b {}']",
    """['mysql', "--password=it's {}"]""",
    '["--password",\n   "{}"]',
    "curl --password  {} -v",
    "[(b'Host', b'h'), (b'x-api-key', b'{}')]",
]
LINES = [
    "password: {}",
    "user: u\n  - password: my {}\nhost: h",
    "ValueError: X-Api-Key: {}",
    "db: password: {}",
    "[INFO] password: {}",
    "12:00:01 - main | api_key: {}",
    "X-Api-Key:{}",
    "password : {}",
    # in a text that is quoted
    "ValueError('password: {}')",
    "ValueError('login failed\\npassword: {}",
    "['curl', '-H', 'apikey: {}', 'http://h']",
    '{{"error": "token: {}"}}',
    "rejected (token: {}",
    "{{db: {{password: {}",
]
LINES_BELOW = [
    "password:\n  - {}\nhost: h",
    "user: u\nprivate_key: |\n  -----BEGIN\n\n  {}\nhost: h",
    f"a:\n  password: {'word ' * 15}\n    {{}}\n  host: h",
    "password:\n- {}\nhost: h",
]


@pytest.mark.parametrize("text", ADDRESSES + TEXTS)
def test_a_secret_is_taken_out_of_a_text(text: str) -> None:
    """In addresses of any kind, in texts of Python and JSON, and in what was cut."""
    for whole in (text.format(*[MARKER] * 3), f"the server at '{text.format(*[MARKER] * 3)}' does not answer"):
        assert MARKER not in without_secrets(whole)


@pytest.mark.parametrize("text", LINES)
def test_a_secret_is_taken_out_of_a_line(text: str) -> None:
    """As YAML and the headers of a request have it; what else is in the text stays."""
    cleaned = without_secrets(text.format(MARKER))
    assert MARKER not in cleaned
    assert cleaned == re.sub(rf"(my )?{MARKER}", "***", text.format(MARKER))
    assert without_secrets(cleaned) == cleaned


@pytest.mark.parametrize("text", LINES_BELOW)
def test_a_secret_is_taken_out_of_the_lines_of_a_value(text: str) -> None:
    """A value of YAML may be a list, a block or a folded text; what comes after it stays."""
    cleaned = without_secrets(text.format(MARKER))
    assert MARKER not in cleaned
    assert "host: h" in cleaned
    assert without_secrets(cleaned) == cleaned


def test_a_user_with_a_blank_is_taken_out_of_an_address() -> None:
    """Where the address is a text of its own: in a sentence, a blank ends its host."""
    for text in (f"postgresql://my user:{MARKER}@host/db", f"f(uri='postgresql://my user:{MARKER} x@host/db')"):
        assert MARKER not in without_secrets(text)
    assert without_secrets("from http://host at 12:30:15 to me@host") == "from http://host at 12:30:15 to me@host"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (
            "  connect(token=get(\n          ^^^\n  File 'x'\nOSError: C=3",
            "  connect(token=***\n  File 'x'\nOSError: C=3",
        ),
        ("INFO password=read( rejected\nINFO C=3", "INFO password=***\nINFO C=3"),
        ("auth=Basic(user=O'Brien, realm=x) ok\nC=3", "auth=***\nC=3"),
        ("{'password': ['a',\n   'b'],\n 'C': 1}", "{'password': ***,\n 'C': 1}"),
        ("f(token=b64('S').decode('u'), C=1)", "f(token=***, C=1)"),
        ("[{'token': 5}, {'C': 3}]", "[{'token': ***}, {'C': 3}]"),
        ("Login(password=S, C=1)", "Login(password=***, C=1)"),
        ("curl --token 'S' 'http://host/x'", "curl --token '***' 'http://host/x'"),
    ],
)
def test_what_comes_after_a_secret_stays(text: str, cleaned: str) -> None:
    """A bracket that is cut ends with its lines, and a comma or a bracket behind a word does not belong to it."""
    assert without_secrets(text) == cleaned
    assert without_secrets(cleaned) == cleaned


def test_what_comes_after_a_list_of_secrets_stays() -> None:
    """A message about several parameters keeps the others."""
    assert without_secrets("{'password': ['a', 'b'], 'C': [1]}") == "{'password': ***, 'C': [1]}"
    assert without_secrets("http://host/?token=(a&page=2 failed") == "http://host/?token=***&page=2 failed"
    assert without_secrets("f(a=[{'password': ***}])") == "f(a=[{'password': ***}])"


@pytest.mark.parametrize("text", ADDRESSES + TEXTS)
def test_a_text_without_secrets_stays_as_it_is(text: str) -> None:
    """Texts are quoted in other texts, and cleaned again: the rest must not be taken for a value."""
    once = without_secrets(f"no answer from '{text.format(*[MARKER] * 3)}' and 'another'")
    assert without_secrets(once) == once


@given(st.text("abcXYZ019._~!$&()*+,;=%-:", min_size=1), st.sampled_from(["http", "postgresql+psycopg2", "s3"]))
def test_no_password_stays_in_an_address(password: str, scheme: str) -> None:
    """The host stays, and the user and password go, whatever the password is."""
    assert without_secrets(f"{scheme}://me:{password}@host:80/path") == f"{scheme}://host:80/path"


def test_a_path_is_not_taken_for_a_host() -> None:
    """Where an @ may end a password or belong to the path, stars say that something is hidden."""
    assert without_secrets("http://me:pw@mlflow/users/bob@corp.com") == "http://***@corp.com"
    assert without_secrets("http://me:pw@mlflow/users/bob") == "http://mlflow/users/bob"


@pytest.mark.parametrize(
    "text",
    ["http://host:80/path?x=a@b", "C:/data/x@y.db", "TfidfVectorizer(token_pattern='(?u)x')", "if token == 'x':",
     "password=None", "curl --token --verbose", "['password', 'C']", "the options --token, --x", "sqlite:////home/me/mlflow.db",
     "me@host", "http://host:80/ for me@host", "http://host:80, for me@host", "http://host: ask me@host",
     "http://host for me@host", "http://[::1]:5000/ for me@host", "http://host:80", "'http://host:80' 'a:b@c'",
     "f(C=[1], x={'y': ('z',)})", "the wrong token: see C = 3", "def f(token: str, C=1)", "of tokens: 1 == 2",
     "jwt.InvalidToken: the signature", "no credentials: file not found", "x: int = 1", "password: None",
     "{'token': None, 'C': 1}", "{'C': 1, 'token': None}", "Login(use_auth=False)", '{"token": null, "C": 1}',
     "high_pass=0.08 must be below low_pass=0.05", "multi-pass: 3 of 7 done", "def f(C, token: str = None):",
     "tokenizer.pad_token = tokenizer.eos_token", "exit;code=3", "x:\n    token: str\n",
     "DB_PASSWORD=\nDB_HOST=localhost", "if key == 'password':\n    raise ValueError(key)", "password='', C=1",
     "Login(authorization=None, C=1)", "def f(authorization: str = None):", "authorization: dict[str, str], C=1",
     "The bearer token is invalid", 'WWW-Authenticate: Bearer realm="x"', "args_to_pass = 3"],
)  # fmt: skip
def test_what_is_no_secret_stays(text: str) -> None:
    """A port is no password, and a pattern of tokens no token."""
    assert without_secrets(text) == text


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "://a:",
        "://a:b ",
        "://a: ",
        "://a b:c",
        "'a://b c:d ",
        "://a:1",
        "@ ",
        "://@",
        "://a\n",
        "a=",
        "'",
        "a='",
        "password='",
        "\\",
        "://",
        "{",
        "authorization: ",
        "password=(",
        "password=['",
        "password: a",
        "password: a[",
        "password:  ",
        "a: ",
        "a: password: ",
        "-a: ",
        ", password: ",
        "AaBb.",
        "\\'",
        "password: \\'",
        "password='''",
        "-",
        "-a",
        "ACGT----",
        'password=["?\\',
        "password: \n",
        "password: |\n a\n",
        "password:\n\n",
        "password='a'\"b\"",
        "'--password=a ",
        "'password: ",
        "(password: ",
        "a[",
        ":thin:a/",
        "'token:=",
        "password=(a) ",
        "password=(\n",
        "password=a or ",
        "password='a' + b + ",
        ";password=a",
    ],
)
def test_a_long_text_takes_no_longer_than_its_length(piece: str) -> None:
    """No expression goes back and forth in a text that somebody made to be slow."""
    start = time.perf_counter()
    without_secrets(piece * (300_000 // len(piece)))
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    "name",
    [
        *("password", "passwd", "dbPassword", "PASSWORD1", "svc__password", "pw", "pwd", "passphrase", "credentials"),
        *("token", "hf_token", "authtoken", "secret", "client_secret", "auth", "private_key", "AWS_SECRET_ACCESS_KEY"),
        *("api_key", "apiKey", "APIKEY", "api_keys", "apiKeys", "secretkey", "secret_key", "ssh_key", "sshKey"),
        *("pass", "db_pass", "SMTP_PASS", "user__pass", "login_token", "next_access_token", "bot_token"),
        *("license_key", "subscription_key", "openai_key", "SharedAccessKey", "master_key", "model__api_keys"),
        *("tokens", "client__tokens", "hf_tokens", "access_tokens", "creds", "db_creds", "oauth", "OAuth", "PassWord"),
    ],
)
def test_names_of_secrets_are_recognised(name: str) -> None:
    """In any spelling, with any prefix."""
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("C", "key", "keys", "token_pattern", "tokenizer", "passthrough", "keyword", "author", "credit", 3, None),
        *(
            "n_tokens",
            "max_tokens",
            "min_tokens",
            "max_new_tokens",
            "special_tokens",
            "model__max_tokens",
            "tokens_per_row",
        ),
        *("low_pass", "filter__high_pass", "n_pass", "multi_pass", "pad_token", "mask_token", "oovToken", "BandPass"),
        *("random_key", "sort_key", "primary_key", "group_key", "monkey", "key_size", "n_keys"),
    ],
)
def test_other_names_are_not(name: Any) -> None:
    """Parameters of scikit-learn are shown as they are."""
    assert not is_secret_name(name)


def test_a_hash_is_the_same_only_for_the_same_secret() -> None:
    """The hash of a hash is itself, so that hiding twice changes nothing."""
    assert hidden("a") == hidden("a") != hidden("b")
    assert hidden(hidden("a")) == hidden("a")


class Login(BaseEstimator):  # type: ignore[misc]
    """An estimator with a secret."""

    def __init__(self, password: Any = None, C: float = 1.0) -> None:
        self.password = password
        self.C = C


def test_secrets_are_found_in_what_holds_them() -> None:
    """In dicts, lists, partials and nested estimators; the rest of the text stays."""
    values = [Login(MARKER, C=2.0), make_pipeline(Login(MARKER)), functools.partial(Login, password=MARKER)]
    values += [("token", MARKER), [("C", 1), ("password", Path(MARKER))], OrderedDict(password=Path(MARKER))]
    for value in (*values, {"a": [{"token": MARKER}]}, f"http://a:{MARKER}@host"):
        assert MARKER not in str(concealed(value))
    assert "C=2.0" in str(concealed(values[0]))
    assert values[0].password == MARKER


def test_a_series_of_options_is_like_a_mapping() -> None:
    """A long one is data; without a secret it is itself."""
    pandas = pytest.importorskip("pandas")
    options = pandas.Series({"C": 1.0, "token": MARKER})
    assert MARKER not in str(concealed(Login(C=options)))
    for value in (pandas.Series({"C": 1.0}), pandas.Series([0.5] * 2000), pandas.Series([MARKER])):
        assert concealed(value) is value


def test_an_object_without_secrets_is_itself() -> None:
    """Nothing is copied where nothing is hidden."""
    for value in (Login(), make_pipeline(Login(C=2.0)), [("token", Login())], {"a": 1}, [1, "b"], None, 3.0):
        assert concealed(value) is value


def test_an_exception_loses_secrets_with_those_that_led_to_it() -> None:
    """Its type stays, and so does what is no text."""
    try:
        try:
            raise ValueError(f"http://a:{MARKER}@host", 3)
        except ValueError as error:
            raise OSError(2, f"token={MARKER}") from error
    except OSError as error:
        caught = error
    hide_secrets(caught)
    assert caught.args == (2, "token=")
    assert caught.__cause__ is not None
    assert caught.__cause__.args == ("http://host", 3)


def test_an_exception_loses_secrets_in_notes_files_and_groups() -> None:
    """What a traceback shows beside the arguments is a text, too."""
    error = FileNotFoundError(2, "No such file", f"http://a:{MARKER}@host/x")
    add_note(error, f"token={MARKER}")
    kind = getattr(builtins, "ExceptionGroup", None)  # Python 3.10 has none
    group = error if kind is None else kind("several", [error])
    hide_secrets(group)
    assert MARKER not in "".join(traceback.format_exception(group))
    assert error.filename == "http://host/x"


@pytest.mark.parametrize(
    "error",
    [
        OSError(5, f"cannot connect to http://me:{MARKER}@host"),
        ModuleNotFoundError(f"http://me:{MARKER}@host"),
        URLError(f"http://me:{MARKER}@host"),
        URLError(OSError(5, f"password={MARKER}")),
        UnicodeDecodeError("utf-8", b"", 0, 1, f"password={MARKER}"),
        SyntaxError(f"password={MARKER}"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_exception_that_does_not_show_its_arguments_loses_secrets(error: Exception) -> None:
    """Some make their text of attributes."""
    hide_secrets(error)
    assert MARKER not in f"{error} {error!r}"


def test_an_exception_moves_no_cursor() -> None:
    """Its arguments and notes are shown with escapes, and their lines stay."""
    error = ValueError("a\x1b[2Jb\n\tc", 3)
    add_note(error, "\x1b[2J")
    hide_secrets(error)
    assert error.args == ("a\\x1b[2Jb\n\tc", 3)
    assert "\x1b" not in "".join(traceback.format_exception(error))


def test_the_command_of_a_program_loses_its_secrets() -> None:
    """subprocess keeps it beside the arguments of its exceptions, as a list or a line."""
    for command in (["curl", "--token", MARKER], f"curl --token {MARKER}", (b"--token", MARKER.encode())):
        error = subprocess.CalledProcessError(1, command, output=f"token={MARKER}", stderr=f"token={MARKER}")
        hide_secrets(error)
        shown = "".join(traceback.format_exception(error))
        assert MARKER not in f"{shown} {error.cmd} {error.output} {error.stderr} {error.args}"


@given(st.text())
def test_what_is_shown_moves_no_cursor(text: str) -> None:
    """Whatever the text, its printable form can be printed on one line; a printable text is itself."""
    assert printable(text).isprintable()
    assert printable(printable(text)) == printable(text)
