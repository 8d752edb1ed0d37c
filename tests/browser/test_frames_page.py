"""The slider for readers without a kernel: radio buttons that move by keyboard, without scripts."""

from dshcourse.demos import Collisions, Flipping, Origin, frames


def test_arrow_keys_show_each_picture_alone_with_scripts_switched_off(chromium, screenshots):
    sets = {"degrees": Collisions(), "k": Flipping()}
    shown = [frames(demo, choice).data for choice, demo in sets.items()]
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.set_content("<main>" + "".join(shown) + "</main>")
        page.screenshot(path=screenshots / "frames.png", full_page=True)
        for (choice, demo), box in zip(
            sets.items(), page.locator("[id^=frames-]:has(fieldset)").all(), strict=True
        ):
            values, picture = demo.choices[choice][1], box.get_by_role("img")
            at_first, seen = picture.get_attribute("alt"), []
            for _ in values:
                box.locator("input:checked").press("ArrowRight")
                assert picture.count() == 1
                seen.append(picture.get_attribute("alt"))
            assert len(set(seen)) == len(values)
            assert seen[-1] == at_first


def test_two_choices_move_together(chromium):
    demo = Origin()
    moved, lines = (demo.choices[name][1] for name in ("moved", "lines"))
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.set_content(f"<main>{frames(demo, 'moved', 'lines').data}</main>")
        page.get_by_role("radio", name=str(moved[-1]), exact=True).check()
        page.get_by_role("radio", name=str(lines[-1]), exact=True).check()
        assert page.get_by_role("img").count() == 1
        _, words = demo(moved=moved[-1], lines=lines[-1])
        assert page.get_by_role("img").get_attribute("alt") == words
