using System.Collections.Immutable;
using Kedge.Content.Formats;
using Kedge.Content.Gate;
using Kedge.Content.Tests.Support;
using Kedge.Core.Errors;
using Kedge.Onnx;

namespace Kedge.Content.Tests.Gate;

public sealed class ExternalDataTests
{
    private static readonly byte[] TwoTensors = ExternalModels.Of(
        ExternalModels.Tensor("t0", 2, ("location", "weights.bin"), ("offset", "0"), ("length", "8")),
        ExternalModels.Tensor("t1", 4, ("location", "weights.bin"), ("offset", "8"), ("checksum", "da39a3ee")));

    [Fact]
    public void Weights_in_a_file_beside_the_model_are_accepted()
    {
        GateOutcome outcome = Inspect(TwoTensors, Sibling("weights.bin", 24));
        GateOutcome.Accepted accepted = Assert.IsType<GateOutcome.Accepted>(outcome);
        Assert.Equal((24, "fp32", 6), (accepted.ParameterBytes, accepted.Precision, accepted.ParameterCount));
        Assert.Equal(["weights.bin"], ExternalDataRule.Names(TwoTensors).AsEnumerable());
        Assert.True(OnnxReader.TryRead(TwoTensors, out OnnxModel? model, out _));
        Assert.Equal(
            [new TensorSpan("t0", ElementKind.Float32, 0, 8), new TensorSpan("t1", ElementKind.Float32, 8, 16)],
            ExternalDataRule.Map(model!, "weights.bin", 24).Spans.AsEnumerable()); // true means that there is one
    }

    [Fact]
    public void A_file_that_is_not_given_is_named()
    {
        Finding finding = Refused(Inspect(TwoTensors, Sibling("other.bin", 24)));
        Assert.Equal(FormatErrors.ExternalMissing.Code, finding.Code);
        Assert.Contains("'weights.bin'", finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../weights.bin")]
    [InlineData("sub/weights.bin")]
    [InlineData("./weights.bin")]
    [InlineData("/etc/passwd")]
    [InlineData("a\\b")]
    [InlineData("C:weights")]
    [InlineData("*/_ORT_MEM_ADDR_/*")]
    [InlineData("file://x")]
    [InlineData("weights\n")]
    [InlineData("-o")]
    [InlineData("Model.onnx")] // the model's own file, whatever the case
    public void Names_that_are_not_simply_a_file_beside_the_model_are_refused(string location)
    {
        Assert.NotNull(ExternalDataRule.NameRefusal(location, "model.onnx"));
        byte[] model = ExternalModels.Of(ExternalModels.Tensor("t0", 2, ("location", location)));
        Assert.Equal(FormatErrors.ExternalName.Code, Refused(Inspect(model, Sibling(location, 8))).Code);
    }

    [Theory]
    [InlineData("weights.bin")]
    [InlineData("model.onnx.data")]
    [InlineData("onnx__MatMul_123")]
    [InlineData("3f2b-1")]
    public void Names_that_exporters_write_are_allowed(string location) =>
        Assert.Null(ExternalDataRule.NameRefusal(location, "model.onnx"));

    [Theory]
    [InlineData("0", "8", "0", "8", 8, null)] // one and the same
    [InlineData("0", "8", "8", "8", 15, "KEDGE-CONTENT-037")] // behind the end
    [InlineData("0", "8", "4", "8", 16, "KEDGE-CONTENT-037")] // half of another
    [InlineData("9223372036854775807", "8", "0", "8", 16, "KEDGE-CONTENT-037")]
    [InlineData("0", "4", "8", "8", 16, "KEDGE-ONNX-004")] // another length than the shape asks for
    [InlineData("-1", "8", "8", "8", 16, "KEDGE-ONNX-006")]
    [InlineData("1e1", "8", "8", "8", 16, "KEDGE-ONNX-006")]
    [InlineData("99999999999999999999", "8", "8", "8", 16, "KEDGE-ONNX-006")]
    public void Ranges_lie_in_the_file_and_do_not_contradict_one_another(
        string offset, string length, string otherOffset, string otherLength, int bytes, string? code)
    {
        byte[] model = ExternalModels.Of(
            ExternalModels.Tensor("t0", 2, ("location", "w"), ("offset", offset), ("length", length)),
            ExternalModels.Tensor("t1", 2, ("location", "w"), ("offset", otherOffset), ("length", otherLength)));
        GateOutcome outcome = Inspect(model, Sibling("w", bytes));
        Assert.Equal(code, outcome is GateOutcome.Refused ? Refused(outcome).Code : null);
    }

    [Fact]
    public void Entries_that_readers_could_take_differently_are_refused()
    {
        foreach (byte[] tensor in new byte[][]
        {
            ExternalModels.Tensor("t0", 2, ("location", "w"), ("location", "v")),
            ExternalModels.Tensor("t0", 2, ("location", "w"), ("offset", "0"), ("offset", "8")),
            ExternalModels.Tensor("t0", 2, ("location", "w"), ("prepacked", "1")),
            [.. ExternalModels.Tensor("t0", 2, ("location", "w")), .. ExternalModels.Message(0x4A, new byte[8])],
        })
        {
            Finding finding = Refused(Inspect(ExternalModels.Of(tensor), Sibling("w", 16)));
            Assert.Equal(OnnxErrors.External.Code, finding.Code);
        }
    }

    private static GateOutcome Inspect(byte[] model, ModelFile sibling) =>
        ModelGate.Inspect(ModelFile.Of("model.onnx", model), [sibling]);

    private static ModelFile Sibling(string name, int bytes) => ModelFile.Of(name, new byte[bytes]);

    private static Finding Refused(GateOutcome outcome)
    {
        ImmutableArray<Finding> findings = Assert.IsType<GateOutcome.Refused>(outcome).Findings;
        return Assert.Single(findings);
    }
}
