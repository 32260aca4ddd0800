using Kedge.Core.Errors;
using Kedge.Inference.Onnx;
using Kedge.Inference.Onnx.Native;

namespace Kedge.Inference.Tests.Sessions;

public sealed class OnnxLoadingTests
{
    [Fact]
    public void The_library_that_is_loaded_is_the_pinned_one()
    {
        Assert.Equal(OnnxRuntimeLibrary.PinnedVersion, OnnxRuntimeLibrary.LoadedVersion(null));
        Assert.Equal(22u, OrtApi.TableVersion);
    }

    [Fact]
    public void A_file_that_is_no_model_is_refused_with_what_the_runtime_said()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("m.onnx"), "this is no model");
        KedgeException failure = Assert.Throws<KedgeException>(
            () => OnnxSession.FromFile(folder.File("m.onnx"), new OnnxSessionOptions()));
        Assert.Equal("KEDGE-SERVE-004", failure.Finding.Code);
        Assert.Contains("Protobuf", failure.Message, StringComparison.OrdinalIgnoreCase);
        failure = Assert.Throws<KedgeException>(
            () => OnnxSession.FromFile(folder.File("absent.onnx"), new OnnxSessionOptions()));
        Assert.Equal("KEDGE-SERVE-004", failure.Finding.Code);
    }

    [Fact]
    public void A_named_library_is_the_only_candidate()
    {
        Assert.Equal(["/somewhere/libonnxruntime.so.1"], OnnxRuntimeLibrary.Candidates(
            "/somewhere/libonnxruntime.so.1"));
        KedgeException failure = Assert.Throws<KedgeException>(() => OnnxRuntimeLibrary.Find("/nonexistent.so"));
        Assert.Equal("KEDGE-SERVE-003", failure.Finding.Code);
    }
}
