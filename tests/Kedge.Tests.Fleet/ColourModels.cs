using Kedge.Onnx;

namespace Kedge.Tests.Fleet;

/// <summary>
/// A classifier of images that anybody can check by looking: it tells which of red, green and blue is strongest on the
/// whole. With the graphs that make an image of any size its input.
/// </summary>
public static class ColourModels
{
    /// <summary><c>pixels</c> [1, 3, 16, 16] FP32 in, <c>scores</c> [1, 3] FP32 out: the mean of each plane.</summary>
    public static byte[] Classifier => OnnxWriter.Write(new OnnxGraphSpec
    {
        Name = "colours",
        Producer = "kedge tests",
        Inputs = [OnnxValue.Tensor("pixels", OnnxElementType.Float, 1, 3, 16, 16)],
        Outputs = [OnnxValue.Tensor("scores", OnnxElementType.Float, 1, 3)],
        Nodes =
        [
            new OnnxNodeSpec("GlobalAveragePool", ["pixels"], ["means"]),
            new OnnxNodeSpec("Flatten", ["means"], ["scores"]),
        ],
    });

    /// <summary>A label for each class.</summary>
    public const string Labels = "red\ngreen\nblue\n";

    /// <summary>An image in, label and scores out; labels are in <c>labels.txt</c>.</summary>
    public const string Graph = """
        schema: 1
        inputs:
        - {name: image, datatype: BYTES, shape: [1]}
        steps:
        - {name: decode, op: decodeImage, inputs: [image], outputs: [photo]}
        - {name: resize, op: resize, inputs: [photo], outputs: [small], width: 16, height: 16}
        - {name: scale, op: normalise, inputs: [small], outputs: [values], scale: 0.00392156862745098}
        - {name: planes, op: toPlanes, inputs: [values], outputs: [tensor]}
        - {name: classify, op: model, inputs: [tensor], outputs: [scores]}
        - {name: best, op: topK, inputs: [scores], outputs: [class, score, label], k: 1, labels: labels.txt}
        outputs: [label, scores]

        """;

    /// <summary>
    /// The same with a second model behind the first, <c>dense.tflite</c>, of <c>x</c> [1, 2] and <c>y</c> [1, 3]: it
    /// is given the scores of red and green.
    /// </summary>
    public const string Ensemble = """
        schema: 1
        inputs:
        - {name: image, datatype: BYTES, shape: [1]}
        models:
        - {name: second, file: dense.tflite}
        steps:
        - {name: decode, op: decodeImage, inputs: [image], outputs: [photo]}
        - {name: resize, op: resize, inputs: [photo], outputs: [small], width: 16, height: 16}
        - {name: scale, op: normalise, inputs: [small], outputs: [values], scale: 0.00392156862745098}
        - {name: planes, op: toPlanes, inputs: [values], outputs: [tensor]}
        - {name: classify, op: model, inputs: [tensor], outputs: [scores]}
        - {name: best, op: topK, inputs: [scores], outputs: [class, score, label], k: 1, labels: labels.txt}
        - {name: two, op: gather, inputs: [scores], outputs: [pair], axis: 1, start: 0, count: 2}
        - {name: dense, op: model, inputs: [pair], outputs: [mixed], model: second}
        outputs: [label, scores, mixed]

        """;
}
