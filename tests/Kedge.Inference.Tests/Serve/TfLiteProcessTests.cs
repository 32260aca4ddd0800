using System.Collections.Immutable;
using System.Text;
using Kedge.Core.Errors;
using Kedge.Inference.Control;

namespace Kedge.Inference.Tests.Serve;

/// <summary>A model server with a model of TensorFlow Lite, and what a configuration says of plug-ins.</summary>
public sealed class TfLiteProcessTests
{
    [Fact]
    public void A_model_of_TensorFlow_Lite_answers_as_one_of_ONNX_does()
    {
        using ServeProcess serve = new("1", TinyTfLite.AddSub, format: "tflite");
        serve.WaitFor(ServeStates.Ready);
        using RawHttp http = serve.Connect();
        Assert.Equal(200, http.Exchange(RawHttp.Request("GET", "/v2/models/tiny"), out ReadOnlySpan<byte> about));
        Assert.Contains("tensorflowlite_tflite", Encoding.UTF8.GetString(about), StringComparison.Ordinal);
        Assert.Contains("[-1,16]", Encoding.UTF8.GetString(about), StringComparison.Ordinal);
        Assert.Equal(200, http.Exchange(RawHttp.AddSubRequest, out ReadOnlySpan<byte> answer));
        using ServeProcess other = new("1");
        other.WaitFor(ServeStates.Ready);
        using RawHttp peer = other.Connect();
        Assert.Equal(200, peer.Exchange(RawHttp.AddSubRequest, out ReadOnlySpan<byte> expected));
        Assert.Equal(Encoding.UTF8.GetString(expected), Encoding.UTF8.GetString(answer));
    }

    [Fact]
    public void A_plugin_that_is_none_ends_the_start_with_its_reason()
    {
        using ServeProcess serve = new(
            "1", TinyTfLite.AddSub, format: "tflite", change: static config => config.Plugins =
                [new ServePlugin("tflite", "none", "/nonexistent/libdelegate.so")]);
        serve.WaitFor(ServeStates.Failed);
        Assert.Contains("KEDGE-SERVE-033", serve.Ask(ControlOps.Status).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"plugins\":[{\"format\":\"gguf\",\"name\":\"a\",\"path\":\"/a\"}]", "format must be onnx or tflite")]
    [InlineData("\"plugins\":[{\"format\":\"onnx\",\"name\":\"a/b\",\"path\":\"/a\"}]", "name must be")]
    [InlineData("\"plugins\":[{\"format\":\"onnx\",\"name\":\"a\",\"path\":\"a\"}]", "path must be absolute")]
    [InlineData("\"plugins\":null", "plugins")]
    [InlineData("\"devicePolicy\":\"fast\"", "prefer-npu")]
    public void What_is_wrong_with_plugins_is_said(string field, string finding)
    {
        string json = $$"""
            {"nonce":"12345678","deployment":"d","instance":"i","controlSocket":"/c","httpSocket":"/h",
             "models":[{"name":"m","version":"1","format":"tflite","path":"/m"}],{{field}}}
            """;
        Assert.False(ServeConfig.TryParse(Encoding.UTF8.GetBytes(json), out _, out ImmutableArray<Finding> findings));
        Assert.Contains(findings, one => one.ToString().Contains(finding, StringComparison.Ordinal));
    }
}
