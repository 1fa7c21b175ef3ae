# %%writefile src/layers/initializers.py
# Sichern: das "# " darüber löschen, ausführen. Zurücksetzen: %load src/layers/initializers_0.py
import numpy as np


class Initializer:
    """Was erste Gewichte macht. Die Klassen darunter sagen, wie."""

    def initialize(self, weight_shape):
        """Mach die ersten Gewichte einer Schicht.

        Argumente:
            weight_shape: Die gewünschte Form, ein Tupel. Ihr zweiter Eintrag ist der Fan-in.

        Rückgabe:
            Ein Array dieser Form.
        """
        raise NotImplementedError


class Const(Initializer):
    """Überall derselbe Wert."""

    def __init__(self, value):
        """Merk dir den Wert.

        Argumente:
            value: Eine Zahl.
        """
        # 1. Merk dir den Wert in self.value.
        # HIER KOMMT DEIN CODE
        raise NotImplementedError()

    def initialize(self, weight_shape):
        """Gib ein Array der Form weight_shape zurück, in jedem Eintrag der Wert."""
        # 1. Gib ein Array dieser Form aus float-Zahlen zurück, in jedem Eintrag self.value: np.full.
        # HIER KOMMT DEIN CODE
        raise NotImplementedError()


class UniformRandom(Initializer):
    """Zufallszahlen, jeder Wert zwischen 0 und 1 so wahrscheinlich wie jeder andere."""

    def initialize(self, weight_shape):
        """Gib ein Array der Form weight_shape zurück, gleichverteilt aus [0, 1]."""
        # 1. Zieh mit np.random.uniform(low, high, shape) oder np.random.default_rng().random(shape).
        #    Vorsicht: np.random.rand will zwei Zahlen, rand(3, 4), und kein Tupel, rand((3, 4)).
        # HIER KOMMT DEIN CODE
        raise NotImplementedError()


class He(Initializer):
    """Zufallszahlen für Schichten mit ReLUs: normalverteilt, so breit, wie der Fan-in es verlangt."""

    def initialize(self, weight_shape):
        """Ein Array der Form weight_shape, normalverteilt, Mittelwert 0, Standardabweichung sqrt(2 / fan-in)."""
        # 1. Der Fan-in n_in ist der zweite Eintrag der Form, weight_shape[1].
        # 2. sigma = sqrt(2 / n_in). Gib np.random.normal(mean, sigma, shape) zurück, mit dem Mittelwert 0.
        # HIER KOMMT DEIN CODE
        raise NotImplementedError()
