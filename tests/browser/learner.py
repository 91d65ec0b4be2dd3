"""A learner in a browser: carries out verbs by the page's own controls and plays any lab through its guide.

Which control belongs to a verb is read from the page: a button whose form carries just these arguments, or one that
opens the verb's dialog. So a new verb or lab needs nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from playwright.sync_api import Locator, Page, Response, TimeoutError, expect

import vango.verbs  # noqa: F401 - registers the verbs
from studylab.lab import Call, Do, Explain, Lab, Option, Predict, Question, Quiz, Script, Step, Wait, call
from studylab.web.fields import plain
from tests.browser.evidence import Witness
from tests.browser.hands import Hands
from vango.verbs.registry import REGISTRY

Words = Mapping[str, str]
ANSWER_MS = 90_000  # a storm is a whole story
OPPOSITES = (
    ("start_", "kill_"),
    ("kill_", "start_"),
    ("freeze_", "thaw_"),
    ("thaw_", "freeze_"),
    ("disarm_", "crash_"),
)
FLIPPED = {"on": "off", "off": "on"}
SUBMIT = ".choose-foot button:not([commandfor])"
# The place and the tab of the inspector that have to be open for a control, empty where none has.
STANDS_IN = """control => [
  control.closest('.sheet-of')?.dataset.of ?? '',
  control.closest("[role='tabpanel'][id^='inspect-']")?.getAttribute('aria-labelledby') ?? '',
]"""


def has_bench(page: Page) -> None:
    """Give the page's visitor a bench, unless they have one: as a program would, in place of the button Start."""
    answer = page.request.post("/bench", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.ok, answer.text()


class Learner:
    """One learner at one page, with a pair of hands."""

    def __init__(self, hands: Hands, witness: Witness) -> None:
        self.hands, self.witness, self.page = hands, witness, hands.page

    def opens(self, path: str) -> None:
        """Open a page with a stage, on a bench that is there already, and wait until it is live."""
        has_bench(self.page)
        self.page.goto(path)
        expect(self.page.locator("#age")).to_have_attribute("data-age", "live")

    # The stage.

    def promotes(self, route: str, to: str, *, refused: bool = False) -> Response:
        """Give a route to another allocation."""
        return self.does(Call("promote", {"route": route, "to": to}, refusal=refused))

    def does(self, item: Call) -> Response:
        """Carry out a verb by its control, and check that the answer is the one that was expected."""
        arguments = {name: plain(value) for name, value in item.arguments.items()}
        control = self._control(item.verb, arguments)
        self._unfolds(control)
        if control.get_attribute("commandfor"):
            answer = self._fills_in(item.verb, arguments, control)
        else:
            answer = self._sends(item.verb, control)
        assert answer.ok != item.refusal, f"{item.verb}({arguments}) answered {answer.status}: {answer.text()}"
        return answer

    def makes_iad_lie(self) -> None:
        """Let iad, which asks for no proof, sleep through a purge: its claim is then false."""
        for item in (
            call("edge_rules", edge="iad", prove_continuity=False, ask_high_water_mark=False),
            call("kill_edge", edge="iad"),
            call("burst", n=6),
            call("purge"),
            call("start_edge", edge="iad"),
            call("promote", route="blog", to="alloc-a"),
        ):
            self.does(item)

    def tries(self, verb: str) -> Response:
        """Carry out a verb by the first control that the page has for it, with whatever that control proposes."""
        if verb == "fork":
            self.opens_moment()
        all_of_them = self.page.locator(f"form.act[action='/bench/verbs/{verb}'] > button, {opener(verb, {})}")
        expect(all_of_them.first, f"a control for {verb}").to_be_enabled()
        self.is_as_new_as_the_bench()
        # Another one may come before it: of an edge that is up again.
        id = all_of_them.first.evaluate("control => control.id || control.closest('form').id")
        control = self.page.locator(f"button[id='{id}'], form[id='{id}'] > button").first
        self._unfolds(control)
        if not control.get_attribute("commandfor"):
            return self._sends(verb, control)
        self.hands.press(control)
        dialog = self.page.locator(f"#dialog-{verb}")
        while (field := dialog.locator("input:invalid").first).count():
            self.hands.write(field, "1" if field.get_attribute("type") == "number" else "new-1")
        return self._sends(verb, dialog.locator(SUBMIT))

    def selects(self, place: str, tab: str = "now") -> Locator:
        """Select a place of the stage, and return the inspector once it shows this tab of it."""
        self.hands.visit(self.page.locator(f".scene [data-of='{place}']"))
        self.hands.turn_to(self.page.locator(f"#inspect-{tab}"))
        return self.page.locator("#inspector")

    def lists_the_moments(self) -> None:
        """Show what happened as a list."""
        self.hands.press(self.page.locator("#panel-journal .as-list"))

    def opens_moment(self) -> None:
        """Open the newest moment of the journal, which fetches what it holds."""
        newest = self.page.locator("#panel-journal .moments > li[id^='moment-']").last.get_attribute("id")
        moment = self.page.locator(f"#{newest}")
        if not moment.is_visible() or not self.page.locator("[data-as-list]").is_checked():
            self.lists_the_moments()
        self.hands.press(moment.locator("summary"))
        expect(moment.locator(".detail")).to_be_visible()

    def _control(self, verb: str, arguments: Words) -> Locator:
        found = self.page.locator(", ".join(controls(verb, arguments)))
        expect(found.first, f"a control for {verb}({dict(arguments)})").to_be_attached()
        return found.first

    def _unfolds(self, control: Locator) -> None:
        """Open what the control stands in: the inspector of a place, a sheet behind a chip, details that are shut."""
        # The guide offers the calls of a move one after the other: an older page would lead to another control.
        self.is_as_new_as_the_bench()
        self._inspects(control)
        if sheet := control.evaluate("control => control.closest('[popover]:not(:popover-open)')?.id"):
            self.hands.press(self.page.locator(f"[popovertarget='{sheet}']"))
        while control.evaluate("control => Boolean(control.closest('details:not([open])'))"):
            self.hands.press(control.locator("xpath=ancestor::details[not(@open)]/summary").first)

    def _inspects(self, control: Locator) -> None:
        # Asked at once: a control whose part is being started again goes for a moment, and is waited for here.
        place, tab = control.evaluate(STANDS_IN)
        if place and self.page.locator(".stage").get_attribute("data-selected") != place:
            self.hands.visit(self.page.locator(f".scene [data-of='{place}']"))
        if tab and self.page.locator(f"#{tab}").get_attribute("aria-selected") != "true":
            self.hands.turn_to(self.page.locator(f"#{tab}"))

    def _fills_in(self, verb: str, arguments: Words, opening: Locator) -> Response:
        self.hands.press(opening)
        dialog = self.page.locator(f"#dialog-{verb}")
        expect(dialog).to_be_visible()
        for parameter in REGISTRY[verb].parameters:
            field = dialog.locator(f"[name='{parameter.name}']")
            default = "" if parameter.default is None else plain(parameter.default)
            wanted = arguments.get(parameter.name, field.input_value() if parameter.required else default)
            if field.input_value() == wanted:
                continue
            if field.evaluate("field => field.tagName") == "SELECT":
                self.hands.choose(field, wanted)
            else:
                self.hands.write(field, wanted)
        answer = self._sends(verb, dialog.locator(SUBMIT))
        if answer.ok or answer.status in (409, 503):
            expect(dialog, "the evidence is behind the dialog").not_to_be_visible()
        return answer

    def _sends(self, verb: str, button: Locator) -> Response:
        def is_answer(answer: Response) -> bool:
            return answer.url.endswith(f"/bench/verbs/{verb}")

        with self.page.expect_response(is_answer, timeout=ANSWER_MS) as found:
            self.hands.press(button)
        self._shuts_sheet()
        return found.value

    def _shuts_sheet(self) -> None:
        """The broker's sheet lies over other controls until it is closed."""
        if self.page.locator("#broker-sheet:popover-open").count():
            self.page.keyboard.press("Escape")

    # The guide.

    def plays(self, lab: Lab, *, after: Callable[[Step], None] = lambda step: None) -> None:
        """Play a lab from its start to the end. `after` is told each step when the next has come."""
        self.opens(f"/labs/{lab.slug}")
        self.hands.press(self.page.locator("#panel-guide .begin button"))
        for step in lab.steps:
            self.is_at(step)
            self.passes(lab, step)
            after(step)
        expect(self.page.locator("#panel-guide .debrief")).to_be_visible()

    def is_at(self, step: Step) -> None:
        """Wait until the guide is at a step."""
        expect(self.page.locator("#panel-guide li.is-now")).to_have_attribute("id", f"step-{step.id}")

    def passes(self, lab: Lab, step: Step) -> None:
        """Pass one step as a learner would, and wait until the guide has left it."""
        if isinstance(step, Predict):
            self.predicts(step.options[0], "fairly sure")
        elif isinstance(step, Explain):
            self.goes_on()
        elif isinstance(step, Quiz):
            for question in step.questions:
                self.answers(question, question.right(self.witness.memory(lab.slug)))
        else:
            self.solves(lab, step)
            expect(self.page.locator(f"#step-{step.id}.is-passed")).to_be_attached(timeout=60_000)
            self.goes_on()
        expect(self.page.locator(f"#step-{step.id}")).to_have_class("is-done", timeout=60_000)

    def solves(self, lab: Lab, step: Do) -> None:
        """Play a step's solution until the step has passed: what it would do after that, no learner is asked for."""
        solution = step.solution
        script: Script = solution if isinstance(solution, tuple) else solution(self.witness.evidence(lab.slug))
        here = self.page.locator(f"#step-{step.id}.is-now:not(.is-passed)")
        for item in script:
            if not here.count():
                return
            try:
                self._follows(item)
            except (AssertionError, TimeoutError):
                if here.count():
                    raise

    def _follows(self, item: Call | Wait) -> None:
        if isinstance(item, Wait):
            self.witness.waits(item.what, item.until, item.timeout_s)
        else:
            for part in self._parts(item):
                if not self._is_so(part):
                    self.does(part)

    def _is_so(self, item: Call) -> bool:
        """Return whether the page offers the opposite only, as a button or a switch: no learner would then ask."""
        arguments = {name: plain(value) for name, value in item.arguments.items()}
        ways = self.page.locator(", ".join(controls(item.verb, arguments)))
        back = self.page.locator(", ".join(ways_back(item.verb, arguments)) or "no-way-back")
        expect(ways.or_(back).first, f"a control for {item.verb}({arguments})").to_be_attached()
        if not ways.count():
            self.is_as_new_as_the_bench()
        return not ways.count()

    def is_as_new_as_the_bench(self) -> None:
        """Wait until the page shows what happened last: then all of it is from after that, as the journal comes last."""
        last = self.witness.bench().moment
        shown = self.page.locator(f"xpath=//li[number(substring-after(@id, 'moment-')) >= {last}]")
        expect(shown.first).to_be_attached()

    def _parts(self, item: Call) -> tuple[Call, ...]:
        """Divide a call where the page has a switch for each argument."""
        if self.page.locator(f"#dialog-{item.verb}").count() or len(item.arguments) < 2:
            return (item,)
        return tuple(call(item.verb, **{name: value}) for name, value in item.arguments.items())

    def predicts(self, option: Option, sure: str) -> None:
        """Choose what will happen and how sure one is, and commit to it."""
        form = self.page.locator("#panel-guide li.is-now form.predict")
        self.hands.tick(form.locator(f"[name='option'][value='{option.key}']"))
        self.hands.tick(form.locator(f"[name='confidence'][value='{sure}']"))
        self.hands.press(form.get_by_role("button"))

    def goes_on(self) -> None:
        """Leave an explanation, or a step that has passed and shows what was seen."""
        self.hands.press(self.page.locator("#panel-guide li.is-now .go-on button"))

    def answers(self, question: Question, key: str) -> None:
        """Answer a question of the quiz, and read what is said to it."""
        form = self.page.locator(f"#question-{question.id}")
        self.hands.tick(form.locator(f"[name='option'][value='{key}']"))
        self.hands.press(form.get_by_role("button", name="Answer"))
        expect(form.locator(".answer")).to_be_attached()


def controls(verb: str, arguments: Words) -> list[str]:
    """Return the selectors of all that carries out a verb with these arguments."""
    return [*one_click(verb, arguments), opener(verb, arguments)]


def ways_back(verb: str, arguments: Words) -> list[str]:
    """Return the selectors of what the page shows in place of a verb's control where its effect is there already."""
    undone = [other + verb.removeprefix(word) for word, other in OPPOSITES if verb.startswith(word)]
    flipped = {name: FLIPPED.get(value, value) for name, value in arguments.items()}
    switched = one_click(verb, flipped) if flipped != arguments else []
    return [*switched, *(way for other in undone if other in REGISTRY for way in controls(other, arguments))]


def one_click(verb: str, arguments: Words) -> list[str]:
    """Return the selectors of a button whose form carries just these arguments, with or without the default ones."""
    defaults = {p.name: plain(p.default) for p in REGISTRY[verb].parameters if p.default is not None}
    bare = {name: value for name, value in arguments.items() if defaults.get(name) != value}
    return [_form(verb, given) for given in ([arguments] if bare == arguments else [arguments, bare])]


def _form(verb: str, arguments: Words) -> str:
    carries = "".join(f":has(> input[name='{name}'][value='{value}'])" for name, value in arguments.items())
    no_more = f":not(:has(> input:nth-of-type({len(arguments) + 1})))"
    return f"form.act[action='/bench/verbs/{verb}']{carries}{no_more} > button"


def opener(verb: str, arguments: Words) -> str:
    """Return the selector of the button that opens a verb's dialog for these arguments."""
    fits = "".join(f":is(:not([data-set-{name}]), [data-set-{name}='{value}'])" for name, value in arguments.items())
    return f"button[commandfor='dialog-{verb}'][command='show-modal']{fits}"
