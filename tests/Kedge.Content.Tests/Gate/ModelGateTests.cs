using System.Text;
using Kedge.Content.Gate;
using Kedge.Content.Tests.Support;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Onnx;

namespace Kedge.Content.Tests.Gate;

public sealed class ModelGateTests
{
    [Fact]
    public void A_model_is_accepted_with_what_it_takes_and_gives()
    {
        GateOutcome outcome = ModelGate.Inspect("m.bin", SampleModels.Bytes(SampleModels.Classifier));
        GateOutcome.Accepted accepted = Assert.IsType<GateOutcome.Accepted>(outcome);
        Assert.Equal(ModelFormat.Onnx, accepted.Format);
        Assert.Equal("fp32", accepted.Precision);
        Assert.Equal(60, accepted.ParameterBytes);
        TensorDeclaration input = Assert.Single(accepted.Inputs);
        Assert.Equal(("x", "FP32"), (input.Name, input.Datatype));
        Assert.Equal([-1L, 4], input.Shape.AsEnumerable());
        Assert.Equal(["FP32", "INT64"], accepted.Outputs.Select(static tensor => tensor.Datatype));
    }

    [Theory]
    [InlineData("", "KEDGE-CONTENT-001")]
    [InlineData("80049528", "KEDGE-CONTENT-002")] // pickle, protocol 4
    [InlineData("504B030414000000", "KEDGE-CONTENT-002")] // zip
    [InlineData("1C00000054464C33140020", "KEDGE-CONTENT-003")] // TFL3
    [InlineData("4747554603000000", "KEDGE-CONTENT-003")] // GGUF
    [InlineData("894844460D0A1A0A", "KEDGE-CONTENT-003")] // HDF5
    [InlineData("40000000000000007B22", "KEDGE-CONTENT-003")] // safetensors
    [InlineData("1F8B0800", "KEDGE-CONTENT-001")] // gzip
    [InlineData("7F454C4602010100", "KEDGE-CONTENT-001")] // ELF
    [InlineData("FFD8FFE000104A46", "KEDGE-CONTENT-001")] // JPEG
    [InlineData("08083AFFFF", "KEDGE-ONNX-001")] // an ONNX file cut off
    public void What_is_no_model_is_refused_by_content_whatever_its_name(string hex, string code)
    {
        GateOutcome outcome = ModelGate.Inspect("model.onnx", Convert.FromHexString(hex));
        Assert.Equal(code, Assert.Single(Assert.IsType<GateOutcome.Refused>(outcome).Findings).Code);
    }

    [Theory]
    [InlineData("{\"a\": 1}")]
    [InlineData("#!/bin/sh\nrm -rf /\n")]
    [InlineData("hello world")]
    public void Text_is_refused_as_text(string text)
    {
        GateOutcome outcome = ModelGate.Inspect("model.onnx", Encoding.UTF8.GetBytes(text));
        Finding finding = Assert.Single(Assert.IsType<GateOutcome.Refused>(outcome).Findings);
        Assert.Equal(ContentErrors.NotAModel.Code, finding.Code);
        Assert.StartsWith("model.onnx: ", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Operators_of_unknown_domains_are_refused_each_by_name()
    {
        OnnxGraphSpec spec = SampleModels.Classifier with
        {
            Nodes =
            [
                new OnnxNodeSpec("Gemm", ["x", "W", "b"], ["y"]),
                new OnnxNodeSpec("FusedConv", ["y"], ["z"]) { Domain = "com.microsoft" },
                new OnnxNodeSpec("Evil", ["z"], ["u"]) { Domain = "org.example" },
                new OnnxNodeSpec("Worse", ["u"], ["label"]) { Domain = "org.example" },
            ],
        };
        GateOutcome.Refused refused = Assert.IsType<GateOutcome.Refused>(
            ModelGate.Inspect("m.onnx", SampleModels.Bytes(spec)));
        Assert.Equal(2, refused.Findings.Length);
        Assert.All(refused.Findings, static one => Assert.Equal(ContentErrors.OperatorDomain.Code, one.Code));
        Assert.Contains("Evil", refused.Findings[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_in_another_file_are_refused_wherever_it_lies()
    {
        foreach (string location in new[] { "weights.bin", "../../etc/passwd", "/etc/passwd" })
        {
            GateOutcome.Refused refused = Assert.IsType<GateOutcome.Refused>(
                ModelGate.Inspect("m.onnx", ExternalModel(location)));
            Finding finding = Assert.Single(refused.Findings);
            Assert.Equal(ContentErrors.ExternalData.Code, finding.Code);
            Assert.Contains(location, finding.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_file_of_five_gigabytes_is_refused_by_its_length_alone()
    {
        Assert.Equal(ContentErrors.TooLarge.Code, ModelGate.LengthRefusal("m.onnx", 5L << 30)?.Code);
        Assert.Null(ModelGate.LengthRefusal("m.onnx", 5L << 20));
    }

    [Fact]
    public void Outputs_that_the_protocol_cannot_carry_are_refused()
    {
        OnnxGraphSpec spec = SampleModels.Classifier with
        {
            Outputs =
            [
                OnnxValue.Tensor("y", OnnxElementType.Complex64, 1),
                OnnxValue.Tensor("", OnnxElementType.Float, 1),
            ],
        };
        GateOutcome.Refused refused = Assert.IsType<GateOutcome.Refused>(
            ModelGate.Inspect("m.onnx", SampleModels.Bytes(spec)));
        Assert.Equal(2, refused.Findings.Length);
        Assert.All(refused.Findings, static one => Assert.Equal(ContentErrors.ValueNotServed.Code, one.Code));
    }

    /// <summary>The classifier with one more initializer: FLOAT [1], data_location EXTERNAL, at a location.</summary>
    private static byte[] ExternalModel(string location)
    {
        byte[] key = [0x0A, 8, .. "location"u8, 0x12, (byte)location.Length, .. Encoding.UTF8.GetBytes(location)];
        byte[] tensor = [0x08, 1, 0x10, 1, 0x42, 1, (byte)'e', 0x6A, (byte)key.Length, .. key, 0x70, 1];
        byte[] output = [0x0A, 1, (byte)'e', 0x12, 4, 0x0A, 2, 0x08, 1];
        byte[] graph = [0x2A, (byte)tensor.Length, .. tensor, 0x62, (byte)output.Length, .. output];
        return [0x08, 8, 0x3A, (byte)graph.Length, .. graph, 0x42, 4, 0x0A, 0, 0x10, 17];
    }
}
