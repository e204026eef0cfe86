// Colours by day and night: as the reader's system has them, or as the reader chooses here.
// Runs before anything is drawn, so that the page does not flash.
{
  const root = document.documentElement;
  const kept = "progex-theme";

  const recall = () => {
    try { return localStorage.getItem(kept) || "auto"; } catch { return "auto"; }
  };
  const apply = (theme) => {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
  };

  apply(recall());
  root.classList.add("scripted");

  addEventListener("DOMContentLoaded", () => {
    const choice = document.getElementById("theme");
    choice.value = root.dataset.theme ?? "auto";
    choice.closest("[hidden]").hidden = false;
    choice.addEventListener("change", () => {
      apply(choice.value);
      // A browser that keeps nothing for files forgets it with the page.
      try { localStorage.setItem(kept, choice.value); } catch { }
    });
  });
}
