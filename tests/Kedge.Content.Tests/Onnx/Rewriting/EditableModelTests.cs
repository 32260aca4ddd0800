using Kedge.Content.Gate;
using Kedge.Content.Tests.Support;
using Kedge.Core.Errors;
using Kedge.Onnx;
using Kedge.Onnx.Rewriting;
using Xunit.Abstractions;

namespace Kedge.Content.Tests.Onnx.Rewriting;

public sealed class EditableModelTests(ITestOutputHelper output)
{
    /// <summary>y = x W + b with a weight that is large enough to be stored in fewer bits.</summary>
    private static readonly byte[] Large = OnnxWriter.Write(new OnnxGraphSpec
    {
        Name = "large",
        Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, -1, 32)],
        Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, -1, 64)],
        Initializers =
        [
            OnnxTensor.Of("W", [32, 64], Runtime.Numbers(new Random(1), 32 * 64)),
            OnnxTensor.Of("b", [64], Runtime.Numbers(new Random(2), 64)),
        ],
        Nodes = [new OnnxNodeSpec("Gemm", ["x", "W", "b"], ["y"])],
    });

    [Fact]
    public void What_nobody_touched_is_written_byte_for_byte()
    {
        Assert.Equal(Large, Written(Large));
        Assert.Equal(SampleModels.Bytes(SampleModels.Nested), Written(SampleModels.Bytes(SampleModels.Nested)));
    }

    [Fact]
    public void Damaged_files_that_can_still_be_read_are_written_as_they_are()
    {
        int read = 0;
        void Check(byte[] bytes)
        {
            if (EditableModel.TryRead(bytes, out EditableModel? model, out Finding? finding))
            {
                read++;
                Assert.Equal(bytes, model.Write());
            }
            else
            {
                Assert.NotNull(finding);
            }
        }

        Damage.Each(SampleModels.Bytes(SampleModels.Nested), 4_000, Check);
        Damage.Each(SampleModels.Bytes(SampleModels.Classifier), 4_000, Check);
        output.WriteLine($"{read} of 8000 damaged files could be read.");
        Assert.InRange(read, 100, 8_000);
    }

    [Fact]
    public void Damaged_files_are_rewritten_or_refused_and_what_comes_out_can_be_read() =>
        Damage.Each(Large, 1_500, static bytes =>
        {
            foreach (RewriteOutcome outcome in new[] { HalfWeights.Rewrite(bytes), QuantizedWeights.Rewrite(bytes) })
            {
                if (outcome is RewriteOutcome.Rewritten rewritten)
                {
                    Assert.True(OnnxReader.TryRead(rewritten.File, out _, out Finding? finding), finding?.Message);
                }
            }
        });

    [Fact]
    public void Fields_that_nobody_knows_keep_their_bytes_and_their_order()
    {
        // Field 60 of the model, three times: a text, a number, and a text with a length of more bytes than needed.
        byte[] unknown = [0xE2, 0x03, 2, 7, 9, 0xE0, 0x03, 5, 0xE2, 0x03, 0x82, 0x80, 0x00, 1, 2];
        byte[] model = [.. unknown, .. Large, .. unknown];
        byte[] file = Assert.IsType<RewriteOutcome.Rewritten>(HalfWeights.Rewrite(model)).File;
        Assert.True(file.AsSpan().StartsWith(unknown));
        Assert.True(file.AsSpan().EndsWith(unknown));
        Assert.IsType<GateOutcome.Accepted>(ModelGate.Inspect("m.onnx", file));

        // What stands untouched within the graph is there as it was: the node and the bias.
        byte[] bias = Field(Large, "b"u8);
        Assert.True(file.AsSpan().IndexOf(bias) > 0);
    }

    [Fact]
    public void A_file_that_lists_its_constants_as_inputs_lists_them_no_more()
    {
        // Version 3 of the representation asks for it; the listing would let a request give a weight another type.
        byte[] old = OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "old",
            IrVersion = 3,
            Opsets = [new OnnxOpset("", 9)],
            Inputs =
            [
                OnnxValue.Tensor("x", OnnxElementType.Float, -1, 32),
                OnnxValue.Tensor("W", OnnxElementType.Float, 32, 64),
            ],
            Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, -1, 64)],
            Initializers = [OnnxTensor.Of("W", [32, 64], Runtime.Numbers(new Random(1), 32 * 64))],
            Nodes = [new OnnxNodeSpec("MatMul", ["x", "W"], ["y"])],
        });
        byte[] file = Assert.IsType<RewriteOutcome.Rewritten>(HalfWeights.Rewrite(old)).File;
        Assert.True(OnnxReader.TryRead(file, out OnnxModel? model, out _));
        Assert.Equal("x", Assert.Single(model!.Inputs).Name);
        Assert.Equal(4, model.IrVersion);
        float[] x = Runtime.Numbers(new Random(3), 32);
        Near(Runtime.Run(old, ([1, 32], x))["y"], Runtime.Run(file, ([1, 32], x))["y"], 0.01);
    }

    [Fact]
    public void A_constant_that_a_request_may_replace_is_left_alone()
    {
        byte[] open = OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "open",
            Inputs =
            [
                OnnxValue.Tensor("x", OnnxElementType.Float, -1, 32),
                OnnxValue.Tensor("W", OnnxElementType.Float, 32, 64),
            ],
            Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, -1, 64)],
            Initializers = [OnnxTensor.Of("W", [32, 64], Runtime.Numbers(new Random(1), 32 * 64))],
            Nodes = [new OnnxNodeSpec("MatMul", ["x", "W"], ["y"])],
        });
        foreach (RewriteOutcome outcome in new[] { HalfWeights.Rewrite(open), QuantizedWeights.Rewrite(open) })
        {
            Finding finding = Assert.IsType<RewriteOutcome.Refused>(outcome).Finding;
            Assert.Equal("KEDGE-ONNX-017", finding.Code);
            Assert.Contains("a request may give it another value", finding.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Names_that_are_no_text_are_refused()
    {
        byte[] model = [.. Large];
        int at = model.AsSpan().IndexOf("Gemm"u8);

        // The node's output is named by the byte before the operator's key, length and name.
        Assert.Equal((byte)'y', model[at - 3]);
        model[at - 3] = 0xFF;
        Assert.False(EditableModel.TryRead(model, out _, out Finding? finding));
        Assert.Equal("KEDGE-ONNX-016", finding.Code);
    }

    [Fact]
    public void Declarations_are_taken_over_from_another_graph_of_the_same_names()
    {
        byte[] found = [.. Large];
        Assert.True(EditableModel.TryRead(found, out EditableModel? model, out _));
        byte[] author = OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "author",
            Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, -1, -1)],
            Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, -1, 64)],
            Nodes = [new OnnxNodeSpec("Identity", ["x"], ["y"])],
        });
        Assert.True(EditableModel.TryRead(author, out EditableModel? other, out _));
        model.Graph.DeclareAs(other.Graph);
        GateOutcome.Accepted accepted =
            Assert.IsType<GateOutcome.Accepted>(ModelGate.Inspect("m.onnx", model.Write()));
        Assert.Equal([-1L, -1], accepted.Inputs[0].Shape.AsEnumerable());
        Assert.Equal([-1L, 64], accepted.Outputs[0].Shape.AsEnumerable());
    }

    internal static void Near(float[] expected, float[] actual, double most)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int index = 0; index < expected.Length; index++)
        {
            Assert.InRange(actual[index] - expected[index], -most, most);
        }
    }

    private static byte[]? Written(byte[] file)
    {
        Assert.True(EditableModel.TryRead(file, out EditableModel? model, out Finding? finding), finding?.Message);
        return model.Write();
    }

    /// <summary>The initializer of a name of one letter as it stands in the file, from its name to its end.</summary>
    private static byte[] Field(byte[] file, ReadOnlySpan<byte> name)
    {
        byte[] head = [0x42, 1, .. name, 0x4A];
        int start = file.AsSpan().IndexOf(head);
        Assert.True(start > 0);
        return file[start..(start + head.Length + 2 + (64 * 4))];
    }
}
