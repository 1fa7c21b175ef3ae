# %%writefile src/layers/conv.py
# Sichern: das "# " darüber löschen, ausführen. Zurücksetzen: %load src/layers/conv_0.py
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view  # alle Fenster auf einmal: für den Weg ohne Schleifen
from scipy.signal import convolve, correlate

from src.base import BaseLayer


class FlattenLayer(BaseLayer):
    """Leg jedes Bild als eine Zeile aus Zahlen aus."""

    def __init__(self):
        super().__init__()
        self.input_shape = None  # der letzten Eingabe: backward braucht sie

    def forward(self, x):
        """Mach aus Bildern Zeilen.

        Argumente:
            x: Die Bilder, [b, c, p, q].

        Rückgabe:
            Eine Zeile für jedes, [b, c * p * q].
        """
        # 1. Merk dir die Form von x in self.input_shape.
        # 2. Gib x zurück, umgeformt in [b, c * p * q]; -1 steht für "so viele, wie es sind".
        self.input_shape = x.shape
        return x.reshape(x.shape[0], -1)

    def backward(self, error):
        """Mach aus dem Fehler der Zeilen den Fehler der Bilder.

        Argumente:
            error: [b, c * p * q].

        Rückgabe:
            Dieselben Zahlen, [b, c, p, q].
        """
        # 1. Gib den Fehler zurück, umgeformt in self.input_shape.
        return error.reshape(self.input_shape)


class ConvolutionalLayer(BaseLayer):
    """Lass Kernel über Bilder gleiten, und lerne die Kernel."""

    def __init__(self, stride, kernel_shape, n_kernels, learning_rate):
        """Merk dir die Einstellungen, und mach Gewichte, damit die Schicht sofort benutzbar ist.

        Argumente:
            stride: (sp, sq), um wie viele Zeilen und Spalten ein Kernel jeweils weiterrückt.
            kernel_shape: (c, m, n), die Kanäle, Zeilen und Spalten eines Kernels.
            n_kernels: Wie viele Kernel es gibt: die Kanäle der Ausgabe.
            learning_rate: Die Größe eines Schritts beim Gradientenabstieg.
        """
        super().__init__()
        # 1. Merk dir die Einstellungen: self.stride, self.kernel_shape, self.n_kernels, self.learning_rate.
        # 2. Mach self.weights, [n_kernels, c, m, n], und self.bias, [n_kernels], gleichverteilt auf [0, 1].
        # 3. Leg für beide Gradienten einen Platz an: self.gradient_weights und self.gradient_bias, vorerst None.
        self.stride = stride
        self.kernel_shape = kernel_shape
        self.n_kernels = n_kernels
        self.learning_rate = learning_rate
        rng = np.random.default_rng()
        self.weights = rng.random((n_kernels, *kernel_shape))
        self.bias = rng.random(n_kernels)
        self.gradient_weights = None
        self.gradient_bias = None
        self.input_shape = None
        self.windows = None

    def forward(self, x):
        """Korreliere jedes Bild mit jedem Kernel, und addiere den Bias.

        Argumente:
            x: Die Bilder, [b, c, p, q].

        Rückgabe:
            Die Feature Maps, [b, n_kernels, ceil(p / sp), ceil(q / sq)].
        """
        # 1. Merk dir, was backward brauchen wird: die Form von x und die gerahmten Bilder.
        # 2. padded, [b, c, p + m - 1, q + n - 1]: Nullen um Zeilen und Spalten, m // 2 Zeilen darüber,
        #    (m - 1) // 2 darunter; Spalten ebenso. Mit np.pad.
        # 3. maps, [b, n_kernels, p, q]: Korreliere jedes Bild, [c, p + m - 1, q + n - 1], mit jedem Kernel,
        #    [c, m, n], im Modus "valid": [1, p, q], über die Kanäle summiert.
        # 4. Behalte jede sp-te Zeile und jede sq-te Spalte von maps: [b, n_kernels, ceil(p / sp), ceil(q / sq)].
        # 5. Addiere Bias s zu allen Zahlen von Kanal s, und gib das Ergebnis zurück.
        (sp, sq), (m, n) = self.stride, self.kernel_shape[1:]
        self.input_shape = x.shape
        padded = np.pad(x, ((0, 0), (0, 0), (m // 2, (m - 1) // 2), (n // 2, (n - 1) // 2)))
        # Alle Fenster, [b, c, p, q, m, n]; es ist eine Ansicht, nichts wird kopiert. Die, die der Stride überspringt,
        # müssen gar nicht erst multipliziert werden.
        self.windows = sliding_window_view(padded, (m, n), axis=(2, 3))[:, :, ::sp, ::sq]
        feature_maps = np.einsum("bcpqmn,scmn->bspq", self.windows, self.weights, optimize=True)
        return feature_maps + self.bias[:, np.newaxis, np.newaxis]

    def backward(self, error):
        """Berechne alle drei Gradienten, dann mach einen Schritt Gradientenabstieg.

        Argumente:
            error: Der Gradient des Verlusts nach der letzten Ausgabe, in deren Form.

        Rückgabe:
            Der Gradient des Verlusts nach der letzten Eingabe, [b, c, p, q].
        """
        # Schreib nach jedem Schritt vorerst `return None` darunter, führe die Zelle aus und ihren Test.
        # 1. self.gradient_bias, [n_kernels]: Summiere den Fehler über den Batch, die Zeilen und die Spalten.
        # 2. wide, [b, n_kernels, p, q]: Nullen, mit dem Fehler in jeder sp-ten Zeile und sq-ten Spalte.
        # 3. self.gradient_weights, [n_kernels, c, m, n]: Korreliere jeden gerahmten Kanal, [p + m - 1, q + n - 1],
        #    mit jedem Kanal von wide, [p, q], im Modus "valid": [m, n]; summiere über den Batch.
        # 4. dx, [b, c, p, q]: Korreliere wide, auf allen vier Seiten gerahmt, mit (m - 1) // 2 Zeilen darüber, m // 2
        #    darunter (Spalten ebenso), mit den um 180 Grad gedrehten Kerneln; summiere über die Kernel.
        # 5. Erst dann ändere self.weights und self.bias um -learning_rate mal ihre Gradienten. Gib dx zurück.
        self.gradient_bias = error.sum(axis=(0, 2, 3))
        # Die übersprungenen Fenster sind schon weg, also passt der Fehler ohne Nullen dazwischen.
        self.gradient_weights = np.einsum("bcpqmn,bspq->scmn", self.windows, error, optimize=True)

        (sp, sq), (m, n) = self.stride, self.kernel_shape[1:]
        b, _, p, q = self.input_shape
        unstrided = np.zeros((b, self.n_kernels, p, q), dtype=error.dtype)
        unstrided[:, :, ::sp, ::sq] = error
        # Das Drehen vertauscht, was ein gerader Kernel über und unter seiner Mitte hat, also auch das Padding.
        padded = np.pad(unstrided, ((0, 0), (0, 0), ((m - 1) // 2, m // 2), ((n - 1) // 2, n // 2)))
        windows = sliding_window_view(padded, (m, n), axis=(2, 3))
        turned = self.weights[:, :, ::-1, ::-1]
        error_of_input = np.einsum("bspqmn,scmn->bcpq", windows, turned, optimize=True)

        self.weights = self.weights - self.learning_rate * self.gradient_weights
        self.bias = self.bias - self.learning_rate * self.gradient_bias
        return error_of_input

    def get_gradient_weights(self):
        """Gib den Gradienten der Gewichte aus dem letzten backward zurück, [n_kernels, c, m, n]."""
        return self.gradient_weights

    def get_gradient_bias(self):
        """Gib den Gradienten des Bias aus dem letzten backward zurück, [n_kernels]."""
        return self.gradient_bias

    def initialize(self, weights_initializer, bias_initializer):
        """Mach die Gewichte und den Bias neu.

        Argumente:
            weights_initializer: Sein initialize(weight_shape) macht die Gewichte.
            bias_initializer: Sein initialize(weight_shape) macht den Bias.
        """
        # 1. Ein Ausgang dieser Schicht sieht c * m * n Zahlen: Das ist sein Fan-in. Verlange also vom
        #    weights_initializer eine Form mit zwei Einträgen, der zweite ist c * m * n.
        # 2. Bring, was du bekommst, in die Form der Gewichte, [n_kernels, c, m, n].
        # 3. Verlange vom bias_initializer n_kernels Zahlen.
        fan_in = int(np.prod(self.kernel_shape))
        weights = weights_initializer.initialize((self.n_kernels, fan_in))
        self.weights = weights.reshape(self.n_kernels, *self.kernel_shape)
        self.bias = bias_initializer.initialize((self.n_kernels,))
