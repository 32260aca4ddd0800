using Kedge.Content.Tests.Support;
using Kedge.Core.Errors;
using Kedge.Onnx;

namespace Kedge.Content.Tests.Onnx;

public sealed class OnnxReaderTests
{
    [Fact]
    public void A_written_model_is_read_back_as_it_was_meant()
    {
        byte[] bytes = SampleModels.Bytes(SampleModels.Classifier);
        OnnxModel model = Read(bytes);
        Assert.Equal(8, model.IrVersion);
        Assert.Equal("kedge", model.Producer);
        Assert.Equal("classifier", model.GraphName);
        Assert.Equal([new OnnxOpset("", 17)], model.Opsets.AsEnumerable());
        Assert.Equal(["x"], model.RequiredInputs().Select(static value => value.Name));
        Assert.Equal([-1L, 4], model.Inputs[0].Shape.Select(static dimension => dimension.Extent));
        Assert.Equal(["y", "label"], model.Outputs.Select(static value => value.Name));
        Assert.Equal(OnnxElementType.Int64, model.Outputs[1].ElementType);
        Assert.Equal(3, model.NodeCount);
        Assert.Equal(
            ["ArgMax 1", "Gemm 1", "Softmax 1"],
            model.Operators.Select(static use => $"{use.OpType} {use.Count}"));
        Assert.Equal((12 + 3) * sizeof(float), model.TensorBytes);
        Assert.Empty(model.ExternalLocations);
    }

    [Fact]
    public void The_byte_range_of_an_initializer_is_where_its_bytes_are()
    {
        byte[] bytes = SampleModels.Bytes(SampleModels.Classifier);
        OnnxInitializer bias = Read(bytes).Initializers.Single(static one => one.Name == "b");
        Assert.Equal(-0.1f, BitConverter.ToSingle(bytes, (int)bias.RawOffset + sizeof(float)));
        Assert.Equal(12, bias.Bytes);
    }

    [Fact]
    public void Graphs_within_graphs_are_counted_with_their_tensors()
    {
        OnnxModel model = Read(SampleModels.Bytes(SampleModels.Nested));
        Assert.Equal(3, model.NodeCount);
        Assert.Equal(16, model.TensorBytes);
        Assert.Equal(["Constant", "If"], model.Operators.Select(static use => use.OpType));
    }

    [Fact]
    public void The_same_graph_gives_the_same_bytes() =>
        Assert.Equal(SampleModels.Bytes(SampleModels.Classifier), SampleModels.Bytes(SampleModels.Classifier));

    [Fact]
    public void Every_prefix_of_a_model_is_refused_or_read_but_never_throws()
    {
        byte[] bytes = SampleModels.Bytes(SampleModels.Nested);
        for (int length = 0; length < bytes.Length; length++)
        {
            bool read = OnnxReader.TryRead(bytes.AsSpan(0, length), out OnnxModel? model, out Finding? finding);
            Assert.Equal(read, model is not null);
            Assert.Equal(!read, finding is not null);
        }
    }

    [Fact]
    public void Graphs_nested_too_deeply_are_refused()
    {
        OnnxGraphSpec inner = SampleModels.Classifier;
        for (int depth = 0; depth <= OnnxLimits.GraphDepthMax; depth++)
        {
            inner = inner with
            {
                Nodes = [new OnnxNodeSpec("Loop", [], ["y"]) { Attributes = [new OnnxAttribute.Graph("body", inner)] }],
            };
        }

        Assert.Equal(OnnxErrors.Limit.Code, Refused(SampleModels.Bytes(inner)).Code);
    }

    [Theory]
    [InlineData("", "KEDGE-ONNX-003")]
    [InlineData("0808", "KEDGE-ONNX-003")] // a version and nothing else
    [InlineData("0808FA", "KEDGE-ONNX-001")] // half a key
    [InlineData("08083AFFFFFFFF07", "KEDGE-ONNX-001")] // a graph that claims 2 GiB
    [InlineData("0B", "KEDGE-ONNX-001")] // a group
    [InlineData("00", "KEDGE-ONNX-001")] // field 0
    [InlineData("08083A003A00", "KEDGE-ONNX-001")] // two graphs
    [InlineData("08083A046202" + "1200", "KEDGE-ONNX-005")] // an output, no operator set
    public void Malformed_bytes_get_their_code(string hex, string code) =>
        Assert.Equal(code, Refused(Convert.FromHexString(hex)).Code);

    [Fact]
    public void A_weight_shorter_than_its_shape_is_refused()
    {
        byte[] bytes = SampleModels.Bytes(SampleModels.Classifier);
        OnnxInitializer bias = Read(bytes).Initializers.Single(static one => one.Name == "b");

        // The extent of [3] is written as one packed-free varint; 4 asks for more bytes than are there.
        int dims = bytes.AsSpan(0, (int)bias.RawOffset).LastIndexOf([(byte)0x08, (byte)0x03, (byte)0x10, (byte)0x01]);
        bytes[dims + 1] = 4;
        Assert.Equal(OnnxErrors.TensorSize.Code, Refused(bytes).Code);
    }

    private static OnnxModel Read(byte[] bytes)
    {
        Assert.True(OnnxReader.TryRead(bytes, out OnnxModel? model, out Finding? finding), finding?.ToString());
        return model!; // true means that there is one
    }

    private static Finding Refused(byte[] bytes)
    {
        Assert.False(OnnxReader.TryRead(bytes, out _, out Finding? finding));
        return finding!; // false means that there is one
    }
}
