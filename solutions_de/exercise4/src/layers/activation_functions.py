# %%writefile src/layers/activation_functions.py
# Sichern: das "# " darüber löschen, ausführen. Zurücksetzen: %load src/layers/activation_functions_0.py
import numpy as np

from src.base import BaseLayer


class Sigmoid(BaseLayer):
    """Die Sigmoidfunktion, 1 / (1 + exp(-x)), jeder Zahl."""

    def __init__(self):
        super().__init__()
        self.output = None  # was das letzte forward zurückgab: backward braucht es

    def forward(self, x):
        """Drücke jede Zahl in den Bereich von 0 bis 1.

        Argumente:
            x: Die Eingabe, in beliebiger Form.

        Rückgabe:
            Die Sigmoidfunktion jeder Zahl, in der Form von x.
        """
        # 1. Berechne mit np.exp die Sigmoidfunktion jeder Zahl von x: ein Array in der Form von x.
        # 2. Merk es dir für backward in self.output, und gib es zurück.
        # Beide Schreibweisen der Sigmoidfunktion, jede dort, wo ihr Exponent nicht positiv ist: Nichts kann überlaufen.
        e = np.exp(-np.abs(x))
        self.output = np.where(x >= 0, 1, e) / (1 + e)
        return self.output

    def backward(self, error):
        """Multipliziere den Fehler mit der Steigung, Zahl für Zahl.

        Argumente:
            error: Der Gradient des Verlusts nach der letzten Ausgabe, in deren Form.

        Rückgabe:
            Der Gradient des Verlusts nach der letzten Eingabe, in derselben Form.
        """
        # 1. Berechne die Steigung aus self.output, das forward sich gemerkt hat: output mal (1 - output).
        # 2. Gib Fehler mal Steigung zurück, Zahl für Zahl: ein Array in der Form von error.
        return error * self.output * (1 - self.output)


class ReLU(BaseLayer):
    """Die Rectified Linear Unit, max(0, x), jeder Zahl."""

    def __init__(self):
        super().__init__()
        self.is_positive = None  # wo die letzte Eingabe positiv war: backward braucht es

    def forward(self, x):
        """Lass positive Zahlen durch, und setze alle anderen auf 0.

        Argumente:
            x: Die Eingabe, in beliebiger Form.

        Rückgabe:
            Die größere von 0 und jeder Zahl, in der Form von x.
        """
        # 1. Merk dir in self.is_positive, wo x größer als 0 ist: True und False, in der Form von x.
        # 2. Gib die größere von 0 und jeder Zahl zurück, als neues Array: x selbst bleibt, wie es ist.
        self.is_positive = x > 0
        return np.maximum(x, 0)

    def backward(self, error):
        """Lass den Fehler durch, wo die Eingabe positiv war, und sonst nirgends.

        Argumente:
            error: Der Gradient des Verlusts nach der letzten Ausgabe, in deren Form.

        Rückgabe:
            Der Gradient des Verlusts nach der letzten Eingabe, in derselben Form.
        """
        # 1. Gib den Fehler zurück, wo self.is_positive True ist, und sonst 0, auch bei genau 0.
        return np.where(self.is_positive, error, 0)
