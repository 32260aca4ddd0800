using System.Runtime.InteropServices;
using Kedge.Core.Errors;
using Kedge.Inference.Onnx;
using Kedge.Inference.Sessions;

namespace Kedge.Inference.Tests.Sessions;

public sealed class OnnxProviderTests
{
    [Fact]
    public void The_processor_is_a_device_of_its_own_provider() =>
        Assert.Contains(
            OnnxSession.Devices(null),
            static device => device is { Provider: "CPUExecutionProvider", Hardware: "cpu" });

    [Theory]
    [InlineData(OnnxPolicy.Default)]
    [InlineData(OnnxPolicy.PreferCpu)]
    [InlineData(OnnxPolicy.PreferNpu)]
    [InlineData(OnnxPolicy.PreferGpu)]
    [InlineData(OnnxPolicy.MaxPerformance)]
    [InlineData(OnnxPolicy.MaxEfficiency)]
    public void Whatever_is_preferred_the_processor_computes_where_there_is_nothing_else(OnnxPolicy policy)
    {
        using OnnxSession session = OnnxSession.FromBytes(
            TinyModels.AddSub, new OnnxSessionOptions { IntraOpThreads = 1, Policy = policy });
        InferenceCall call = TinyModels.AddSubCall(session.Signature);
        Assert.Null(session.Run(call));
        Assert.Equal(2, call.Outputs[0].Values<int>()[1]);
    }

    [Theory]
    [InlineData("/nonexistent/libprovider.so")]
    [InlineData("/proc/self/status")]
    public void A_provider_that_cannot_be_loaded_is_named_with_what_the_runtime_said(string path)
    {
        KedgeException failure = Assert.Throws<KedgeException>(() => Open(new OnnxProvider("mine", path)));
        Assert.Equal("KEDGE-SERVE-032", failure.Finding.Code);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_that_is_no_provider_is_refused()
    {
        string library = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "libSystem.Native.so");
        KedgeException failure = Assert.Throws<KedgeException>(() => Open(new OnnxProvider("other", library)));
        Assert.Equal("KEDGE-SERVE-032", failure.Finding.Code);
    }

    private static OnnxSession Open(OnnxProvider provider) => OnnxSession.FromBytes(
        TinyModels.AddSub, new OnnxSessionOptions { IntraOpThreads = 1, Providers = [provider] });
}
