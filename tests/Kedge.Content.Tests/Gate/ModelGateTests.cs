using System.Text;
using Kedge.Content.Formats;
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
    [InlineData("8002", "KEDGE-CONTENT-002")] // pickle, protocol 2
    [InlineData("80020000000000007B", "KEDGE-CONTENT-030")] // no pickle: the length of a safetensors header
    [InlineData("1C00000054464C33140020", "KEDGE-CONTENT-030")] // TFL3
    [InlineData("4747554603000000", "KEDGE-CONTENT-030")] // GGUF
    [InlineData("894844460D0A1A0A", "KEDGE-CONTENT-003")] // HDF5
    [InlineData("40000000000000007B22", "KEDGE-CONTENT-030")] // safetensors
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
    public void Weights_without_a_graph_are_accepted_with_what_they_are()
    {
        GateOutcome.Accepted gguf = Assert.IsType<GateOutcome.Accepted>(
            ModelGate.Inspect("m.bin", GgufBytes.Good));
        Assert.Equal((ModelFormat.Gguf, "llama", "q4-k"), (gguf.Format, gguf.Architecture, gguf.Precision));
        Assert.Equal((515L, 300L), (gguf.ParameterCount, gguf.ParameterBytes));
        Assert.Empty(gguf.Outputs);
        GateOutcome.Accepted safe = Assert.IsType<GateOutcome.Accepted>(
            ModelGate.Inspect("m.bin", SafetensorsBytes.Good));
        Assert.Equal((ModelFormat.Safetensors, 8L), (safe.Format, safe.ParameterCount));
    }

    [Fact]
    public void A_tflite_model_is_accepted_with_what_it_takes_and_gives()
    {
        GateOutcome.Accepted accepted = Assert.IsType<GateOutcome.Accepted>(
            ModelGate.Inspect("m.bin", TfLiteBytes.Good));
        Assert.Equal((ModelFormat.TfLite, "fp32"), (accepted.Format, accepted.Precision));
        TensorDeclaration input = Assert.Single(accepted.Inputs);
        Assert.Equal(("x", "FP32"), (input.Name, input.Datatype));
        Assert.Equal([-1L, 4], input.Shape.AsEnumerable());
        byte[] silent = TfLiteBytes.Model(graphs: [TfLiteBytes.Graph(outputs: [])]);
        Assert.IsType<GateOutcome.Refused>(ModelGate.Inspect("m.bin", silent));
    }

    [Fact]
    public void A_file_that_ends_while_it_is_read_is_refused()
    {
        byte[] bytes = SampleModels.Bytes(SampleModels.Classifier);
        foreach (ModelFile cut in new ModelFile[]
        {
            ModelFile.Of("m", bytes) with { Bytes = bytes.Length + 1 },
            ModelFile.Of("m", bytes[..4]) with { Bytes = bytes.Length },
        })
        {
            GateOutcome.Refused refused = Assert.IsType<GateOutcome.Refused>(ModelGate.Inspect(cut, []));
            Assert.Equal(FormatErrors.Unreadable.Code, Assert.Single(refused.Findings).Code);
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
}
