using System.Globalization;
using System.Security.Cryptography;
using Kedge.Inference.Graphs;
using Kedge.Inference.Onnx;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;
using Kedge.Onnx;

namespace Kedge.Inference.Tests.Graphs;

/// <summary>
/// Resizing against what others make of the same pixels: digests of what Pillow 9.4 gives, and ONNX Runtime's Resize.
/// </summary>
public sealed class ResizeTests
{
    [Theory]
    [InlineData("Antialias", 3, 61, 47, 24, 20, "7c0b95a3239e9a4a9e716b3d47fac9bae97d3d6e00475d9cfec349bd7d68f5bf")]
    [InlineData("Nearest", 3, 61, 47, 24, 20, "df2c3ee10570376510ed8b3acc944847920b64b6f608773182184b5a73541229")]
    [InlineData("Antialias", 1, 61, 47, 24, 20, "5b32eedacce6099acae2d93945e54f4231fcc085d35f822a7faba75103a9c7c9")]
    [InlineData("Nearest", 1, 61, 47, 24, 20, "4dfc23a9d26b1ae0318e8f348afb8a85ac35747ffe6c9de309b4ef9de91baeca")]
    [InlineData("Antialias", 3, 61, 47, 61, 20, "856d0a84e02fa57e2e5c878494bc84a5ea0082c72878dcf381efc803eb6b3f8d")]
    [InlineData("Nearest", 3, 61, 47, 61, 20, "2e4bb934becbddb6f4e5247bc825e44e94d5c029136b56c797ffd2a46a1c9bf5")]
    [InlineData("Antialias", 1, 61, 47, 61, 20, "6e6156d4884094e8fed92184d359fd38fe8027bba74c2379dc0eed00ad1fc351")]
    [InlineData("Nearest", 1, 61, 47, 61, 20, "43acdb837124f98063373f90d6f4008f8858793f17963cd50228ef2a1820a7ac")]
    [InlineData("Antialias", 3, 61, 47, 24, 47, "bc3fe4261179e764f076381180f41bc0608ce68865718b1ae74971cad42c5a81")]
    [InlineData("Nearest", 3, 61, 47, 24, 47, "9034cdaf1000b212f20cb0c7bb632973063b00899369de19403702ffe0925988")]
    [InlineData("Antialias", 1, 61, 47, 24, 47, "6b464fa78845f3ab70584a79f367e459b5f43dc49a93fd6c8ff9c3168bbde75f")]
    [InlineData("Nearest", 1, 61, 47, 24, 47, "2409b5a262c41ce76260d95e8e915cd4e2a8efae274dcc43ebf726b770e272b4")]
    [InlineData("Antialias", 3, 20, 24, 61, 47, "579cd40830ac34df61b1de1ce08d773e2dcfe1cb7e2bb8870be4eb5a42a1e27c")]
    [InlineData("Nearest", 3, 20, 24, 61, 47, "d9141efa19fcbc0812977a2ba53e2a31e1fedcd0e7f389171d11b1ce2d389b9e")]
    [InlineData("Antialias", 1, 20, 24, 61, 47, "c8b75cb46cec4811feefab7051e013ab9a20dfffe543ecc165e6b02826a4f252")]
    [InlineData("Nearest", 1, 20, 24, 61, 47, "8eac6c9c1f315bb11d505b5e5ef5dd700619e234c591bde0e91b0c854ad1731d")]
    [InlineData("Antialias", 3, 320, 240, 224, 224, "bcd63b6a9b0081f528df058ae09276971df37cfd72accf06f39748e6fa8d76ce")]
    [InlineData("Nearest", 3, 320, 240, 224, 224, "f1dbdc6ec7379d1498fe3b175b90eda0f1b8e109ace393d2d6c0aa334daac9ca")]
    [InlineData("Antialias", 1, 320, 240, 224, 224, "ad24db5681a687e8c57327591db2569754de13b532774a9e169bbdcdde967c51")]
    [InlineData("Nearest", 1, 320, 240, 224, 224, "9350a12863b9e7d184a91304a51e23e31bfbc7f3574cb4ffe1da2f89ed11a495")]
    [InlineData("Antialias", 3, 640, 360, 256, 144, "592948abf516e6ff1963906bb6e82d965fedd60ff304b8c96d0c204a8d1da57c")]
    [InlineData("Nearest", 3, 640, 360, 256, 144, "2f43e2d949c097e261dc93222b10579b4be2d6f2615218c3c0529f601db2165f")]
    [InlineData("Antialias", 1, 640, 360, 256, 144, "1afcbb7c0f4ced7251fc94b5c3e4e0d2a09bef1bbed9288700acb1c7e2c4d072")]
    [InlineData("Nearest", 1, 640, 360, 256, 144, "6a20a4e17cd13ff4f6dd95038bec1f1379cac4cb913702f54bab6a2d19190129")]
    [InlineData("Antialias", 3, 3, 2, 64, 64, "6a2f11c97dc305d2e9efa47f5d71a403b8daac80b7b79b1a23cf01961bce20d1")]
    [InlineData("Nearest", 3, 3, 2, 64, 64, "ba08c710de7e39f0070c6b0d5f5cef59d8b92856776537702348412c275447a0")]
    [InlineData("Antialias", 1, 3, 2, 64, 64, "36cf753f4251b4fc673f74fc5ceee92a9b302ba218f073dbb537da3513dc409d")]
    [InlineData("Nearest", 1, 3, 2, 64, 64, "59cebb157429b6cd719d79073f00a4d1ff5158cd4fbdd7e0ea2c7d5587696392")]
    public void It_gives_bit_by_bit_what_pillow_gives(
        string filter, int channels, int width, int height, int toWidth, int toHeight, string digest)
    {
        using GraphSession session = Resize(filter.ToLowerInvariant(), channels, toWidth, toHeight);
        InferenceCall call = GraphBench.Run(session, GraphBench.Image(height, width, channels));
        Assert.Equal(digest, Convert.ToHexStringLower(SHA256.HashData(call.Outputs[0].Bytes)));
    }

    [Theory]
    [InlineData(61, 47, 24, 20)]
    [InlineData(20, 24, 61, 47)]
    [InlineData(320, 240, 224, 224)]
    [InlineData(1, 1, 7, 5)]
    public void Bilinear_gives_what_onnx_resize_gives(int width, int height, int toWidth, int toHeight)
    {
        Tensor image = GraphBench.Image(height, width, 3);
        using OnnxSession reference = OnnxSession.FromBytes(
            OnnxWriter.Write(new OnnxGraphSpec
            {
                Name = "resize",
                Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, height, width, 3)],
                Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, toHeight, toWidth, 3)],
                Initializers =
                [
                    OnnxTensor.Of("sizes", [4], [1L, 3, toHeight, toWidth]), OnnxTensor.Of("zero", [1], [0L]),
                ],
                Nodes =
                [
                    new OnnxNodeSpec("Transpose", ["x"], ["chw"])
                    {
                        Attributes = [new OnnxAttribute.Ints("perm", 2, 0, 1)],
                    },
                    new OnnxNodeSpec("Unsqueeze", ["chw", "zero"], ["nchw"]),
                    new OnnxNodeSpec("Resize", ["nchw", "", "", "sizes"], ["resized"])
                    {
                        Attributes =
                        [
                            new OnnxAttribute.Text("mode", "linear"),
                            new OnnxAttribute.Text("coordinate_transformation_mode", "half_pixel"),
                        ],
                    },
                    new OnnxNodeSpec("Squeeze", ["resized", "zero"], ["squeezed"]),
                    new OnnxNodeSpec("Transpose", ["squeezed"], ["y"])
                    {
                        Attributes = [new OnnxAttribute.Ints("perm", 1, 2, 0)],
                    },
                ],
            }),
            new OnnxSessionOptions());
        float[] pixels = [.. image.Bytes.ToArray().Select(static one => (float)one)];
        InferenceCall expected = GraphBench.Run(
            reference, Tensor.Of<float>("x", TensorType.Float32, [height, width, 3], pixels));
        using GraphSession session = Resize("bilinear", 3, toWidth, toHeight);
        InferenceCall call = GraphBench.Run(session, image);
        ReadOnlySpan<float> exact = expected.Outputs[0].Values<float>();
        for (int i = 0; i < exact.Length; i++) // Ties are rounded one way here, by a last bit another way there.
        {
            Assert.InRange(call.Outputs[0].Bytes[i] - exact[i], -0.51f, 0.51f);
        }
    }

    [Fact]
    public void The_shorter_side_decides_and_the_form_is_kept()
    {
        using GraphSession session = GraphBench.Session(GraphBench.Json(
            GraphBench.Input("image", "UINT8", "[-1, -1, 3]"), "'y', 'frame'",
            "{'name': 'r', 'op': 'resize', 'inputs': ['image'], 'outputs': ['y', 'frame'], 'shorter': 100}"));
        InferenceCall call = GraphBench.Run(session, GraphBench.Image(200, 333, 3));
        Assert.Equal([100, 166, 3], call.Outputs[0].Shape.ToArray());
        Assert.Equal([166 / 333f, 0.5f, 0, 0, 333, 200], call.Outputs[1].Values<float>().ToArray());
    }

    [Fact]
    public void Letterbox_lays_the_image_in_the_middle_and_boxes_lead_back()
    {
        using GraphSession session = GraphBench.Session(GraphBench.Json(
            GraphBench.Input("image", "UINT8", "[-1, -1, 3]") + ", " + GraphBench.Input("boxes", "FP32", "[-1, 4]"),
            "'y', 'back'",
            "{'name': 'l', 'op': 'letterbox', 'inputs': ['image'], 'outputs': ['y', 'frame'], 'width': 64, "
                + "'height': 64}",
            "{'name': 'b', 'op': 'scaleBoxes', 'inputs': ['boxes', 'frame'], 'outputs': ['back']}"));
        Tensor boxes = Tensor.Of<float>("boxes", TensorType.Float32, [2, 4], [0, 16, 64, 48, 16, 24, 32, 32]);
        InferenceCall call = GraphBench.Run(session, GraphBench.Image(64, 128, 3), boxes);
        Tensor image = call.Outputs[0];
        Assert.All(image.Bytes[..(16 * 64 * 3)].ToArray(), static one => Assert.Equal(114, one));
        Assert.All(image.Bytes[(48 * 64 * 3)..].ToArray(), static one => Assert.Equal(114, one));
        Assert.Equal([0, 0, 128, 64, 32, 16, 64, 32], call.Outputs[1].Values<float>().ToArray());
    }

    private static GraphSession Resize(string filter, int channels, int width, int height) =>
        GraphBench.Session(GraphBench.Json(
            GraphBench.Input("image", "UINT8", $"[-1, -1, {channels}]"), "'y'",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{{'name': 'r', 'op': 'resize', 'inputs': ['image'], 'outputs': ['y'], 'width': {width}, ")
                + string.Create(CultureInfo.InvariantCulture, $"'height': {height}, 'filter': '{filter}'}}")));
}
