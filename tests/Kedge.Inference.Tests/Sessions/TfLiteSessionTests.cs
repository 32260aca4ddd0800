using System.Runtime.InteropServices;
using Kedge.Core.Errors;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;
using Kedge.Inference.TfLite;
using Kedge.Inference.TfLite.Native;

namespace Kedge.Inference.Tests.Sessions;

/// <summary>What is particular to TensorFlow Lite.</summary>
public sealed class TfLiteSessionTests
{
    [Fact]
    public void The_library_that_is_loaded_is_the_pinned_one() =>
        Assert.Equal(TfLiteLibrary.PinnedVersion, TfLiteLibrary.LoadedVersion(null));

    [Fact]
    public void A_named_library_is_the_only_candidate()
    {
        Assert.Equal(["/somewhere/lib.so"], TfLiteLibrary.Candidates("/somewhere/lib.so"));
        KedgeException failure = Assert.Throws<KedgeException>(static () => TfLiteLibrary.Find("/nonexistent.so"));
        Assert.Equal("KEDGE-SERVE-031", failure.Finding.Code);
    }

    [Fact]
    public void A_model_with_weights_gives_its_known_output()
    {
        using TfLiteSession session = TfLiteSession.FromBytes(TinyTfLite.Dense, new TfLiteSessionOptions());
        TensorSpec input = Assert.Single(session.Signature.Inputs);
        Assert.Equal("x", input.Name);
        Assert.Equal([1L, 2], input.Shape.ToArray());
        InferenceCall call = new(session.Signature);
        call.WantAll(binary: false);
        call.Inputs[0].CopyFrom(Tensor.Of("x", TensorType.Float32, [1, 2], [2f, 3]));
        Assert.Null(session.Run(call));
        Assert.Equal([18f, 38, 58], call.Outputs[0].Values<float>().ToArray());
    }

    [Fact]
    public void A_model_comes_from_a_file_too()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder.File("m.tflite"), TinyTfLite.AddSub);
        using TfLiteSession session = TfLiteSession.FromFile(folder.File("m.tflite"), new TfLiteSessionOptions());
        InferenceCall call = TinyModels.AddSubCall(session.Signature);
        Assert.Null(session.Run(call));
        Assert.Equal(16, call.Outputs[0].Values<int>()[15]);
    }

    [Fact]
    public void Numbers_of_a_quantised_model_stay_the_integers_that_they_are()
    {
        using TfLiteSession session = TfLiteSession.FromBytes(TinyTfLite.QuantizedSum, new TfLiteSessionOptions());
        Assert.All(session.Signature.Inputs, static input => Assert.Equal(TensorType.Int8, input.Type));
        InferenceCall call = new(session.Signature);
        call.WantAll(binary: false);
        call.Inputs[0].CopyFrom(Tensor.Of<sbyte>("a", TensorType.Int8, [4], [3, 5, 13, -7]));
        call.Inputs[1].CopyFrom(Tensor.Of<sbyte>("b", TensorType.Int8, [4], [3, 7, 3, 3]));
        Assert.Null(session.Run(call));

        // 0 + 0, 1 + 2, 5 + 0, -5 + 0.
        Assert.Equal([3, 9, 13, -7], call.Outputs[0].Values<sbyte>().ToArray().Select(static one => (int)one));
    }

    [Fact]
    public void A_file_that_is_no_model_is_refused()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("m.tflite"), "this is no model, but it is long enough to look like one");
        foreach (string path in new[] { folder.File("m.tflite"), folder.File("absent") })
        {
            KedgeException failure = Assert.Throws<KedgeException>(
                () => TfLiteSession.FromFile(path, new TfLiteSessionOptions()));
            Assert.Equal("KEDGE-SERVE-004", failure.Finding.Code);
        }
    }

    [Fact]
    public void A_fault_carries_what_the_library_said()
    {
        using IInferenceSession session = TinyTfLite.NativeAddSub();
        InferenceCall call = TinyModels.AddSubCall(session.Signature);
        Assert.True(call.Inputs[1].TryShape([7, 16]));
        Assert.True(call.Inputs[0].TryShape([3, 16]));
        Finding? fault = session.Run(call);
        Assert.Equal("KEDGE-INFER-004", fault?.Code);
        Assert.Contains("broadcast", fault?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_threads_than_interpreters_wait_for_each_other_and_all_are_right()
    {
        using TfLiteSession session = TfLiteSession.FromBytes(
            TinyTfLite.AddSub, new TfLiteSessionOptions { Threads = 1, InterpretersMax = 2 });
        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
        {
            InferenceCall call = TinyModels.AddSubCall(session.Signature);
            call.Inputs[0].Values<int>().Fill(thread);
            for (int round = 0; round < 50; round++)
            {
                Assert.Null(session.Run(call));
                Assert.Equal(thread + 1, call.Outputs[0].Values<int>()[7]);
            }
        });
    }

    [Fact]
    public void A_session_that_is_disposed_runs_no_more()
    {
        IInferenceSession session = TinyTfLite.NativeAddSub();
        InferenceCall call = TinyModels.AddSubCall(session.Signature);
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.Run(call));
    }

    [Theory]
    [InlineData("/nonexistent/libdelegate.so")]
    [InlineData("libSystem.Native.so")]
    public void A_library_that_is_no_delegate_is_refused(string name)
    {
        string path = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), name);
        KedgeException failure = Assert.Throws<KedgeException>(() => TfLiteSession.FromBytes(
            TinyTfLite.AddSub, new TfLiteSessionOptions { Delegates = [new TfLiteDelegate(path)] }));
        Assert.Equal("KEDGE-SERVE-033", failure.Finding.Code);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
    }

    /// <summary>What functions say of a tensor, and what its memory says where we read it, is the same.</summary>
    [Fact]
    public unsafe void The_layout_of_a_tensor_is_that_of_the_library()
    {
        TflApi api = TflApi.Load(null);
        fixed (byte* model = TinyTfLite.QuantizedSum)
        {
            nint native = api.CreateModel(model, (nuint)TinyTfLite.QuantizedSum.Length);
            nint interpreter = api.CreateInterpreter(native, 0);
            Assert.Equal(0, api.Allocate(interpreter));
            nint value = api.GetInput(interpreter, 1);
            TflTensor* tensor = (TflTensor*)value;
            Assert.Equal(api.GetElementType(value), tensor->Type);
            Assert.True(api.GetElements(value) == tensor->Elements);
            Assert.Equal(api.GetExtent(value, 0), tensor->Shape->First);
            Assert.Equal(api.GetByteCount(value), tensor->ByteCount);
            Assert.True(api.GetName(value) == tensor->Name);
            Assert.Equal(0.5f, tensor->Scale);
            Assert.Equal(3, tensor->ZeroPoint);
            Assert.Equal(1, tensor->QuantizationType);
            Assert.True(tensor->OpenShape is null || tensor->OpenShape->Count == 0);
            api.DeleteInterpreter(interpreter);
            api.DeleteModel(native);
        }
    }
}
