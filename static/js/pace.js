// Whether the learner has slowed the actors down: Slow or Step.
export const paced = () => {
  const pressed = document.querySelector("#panel-verdict .tempo [aria-pressed='true']");
  return Boolean(pressed && !pressed.textContent.includes("Live"));
};
