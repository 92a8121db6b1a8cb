import numpy as np
import pytest
from PIL import Image

from vj.outputs.mp4 import Encoding, Mp4
from vj.workshop.contact import contact_sheet, film_frames, main


def test_pictures_stand_in_reading_order():
    images = [np.full((30, 40, 3), value, np.uint8) for value in (50, 100, 150, 200, 250)]
    sheet = np.asarray(contact_sheet(images, columns=3, width=40))
    assert sheet.shape == (2 * 36 + 6, 3 * 46 + 6, 3)
    for number, value in enumerate((50, 100, 150, 200, 250)):
        y, x = 6 + number // 3 * 36, 6 + number % 3 * 46
        assert (sheet[y : y + 30, x : x + 40] == value).all()


def test_labels_are_written_under_the_pictures():
    images = [np.zeros((30, 40, 3), np.uint8)]
    plain = np.asarray(contact_sheet(images, width=40))
    labelled = np.asarray(contact_sheet(images, labels=["0:05"], width=40))
    assert labelled.shape[0] > plain.shape[0]
    assert labelled[36:].max() > 100


def test_no_pictures_is_an_error():
    with pytest.raises(ValueError, match="at least one"):
        contact_sheet([])


def test_a_sheet_of_a_film(tmp_path):
    film = tmp_path / "a.mp4"
    with Mp4(film, (64, 36), 10, encoding=Encoding(codec="libx264", preset="ultrafast")) as out:
        for n in range(35):
            out.write(np.full((36, 64, 3), n * 6, np.uint8))
    shots = list(film_frames(film, 1.0))
    assert [t for t, _ in shots] == [0.0, 1.0, 2.0, 3.0]
    assert [round(image.mean()) for _, image in shots] == pytest.approx([0, 60, 120, 180], abs=2)
    assert main([str(film), "-o", str(tmp_path / "sheet.png"), "--every", "1", "--columns", "2"]) == 0
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width == 2 * 326 + 6


def test_a_file_that_is_no_film_is_told(tmp_path, capsys):
    path = tmp_path / "a.mp4"
    path.write_text("nothing")
    assert main([str(path), "-o", str(tmp_path / "s.png")]) == 1
    assert "cannot read the film" in capsys.readouterr().err
