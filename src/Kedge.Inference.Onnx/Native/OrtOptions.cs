using System.Text;
using Kedge.Core;

namespace Kedge.Inference.Onnx.Native;

/// <summary>Makes <c>OrtSessionOptions</c> of ours.</summary>
internal static unsafe class OrtOptions
{
    internal static OrtOptionsHandle Make(OrtApi api, OrtEnvHandle env, OnnxSessionOptions options)
    {
        nint value;
        api.Require(api.CreateSessionOptions(&value), "create session options");
        OrtOptionsHandle handle = new(api, value);
        try
        {
            SetThreads(api, value, options);
            SetGraph(api, value, options);
            SetMemory(api, value, options);
            api.Require(api.SetDeterministic(value, options.IsDeterministic ? (byte)1 : (byte)0), "set determinism");
            OrtProviders.Choose(api, env, value, options);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Threads that compute a run, its leader counted.</summary>
    internal static int Threads(OnnxSessionOptions options) =>
        options.IntraOpThreads > 0 ? options.IntraOpThreads : Environment.ProcessorCount;

    /// <summary>True where threads of a pool may lead runs: where there are some, and they compute.</summary>
    internal static bool SharesPool(OnnxSessionOptions options) =>
        options.SharesPool && Threads(options) > 1 && options.Providers.IsEmpty && options.Policy == OnnxPolicy.Named;

    /// <summary>
    /// How long a thread spins for the next part of a run, in microseconds: about as long as it takes to put it to
    /// sleep and to wake it, so that it costs no more processor time than that.
    /// </summary>
    private static ReadOnlySpan<byte> SpinUs => "30\0"u8;

    /// <summary>
    /// Never 0: the runtime would then count the processors of the machine, whatever this process may use, and bind
    /// its threads to them. With a number its threads run where the process may.
    /// </summary>
    private static void SetThreads(OrtApi api, nint value, OnnxSessionOptions options)
    {
        api.Require(api.SetIntraOpThreads(value, Threads(options)), "set the number of threads");
        AddEntry(api, value, "session.intra_op.allow_spinning\0"u8, "1\0"u8);
        if (!options.AllowSpinning)
        {
            AddEntry(api, value, "session.intra_op.spin_duration_us\0"u8, SpinUs);
            AddEntry(api, value, "session.force_spinning_stop\0"u8, "1\0"u8);
        }
    }

    private static void SetGraph(OrtApi api, nint value, OnnxSessionOptions options)
    {
        api.Require(api.SetGraphOptimization(value, NativeLevel(options.GraphLevel)), "set the optimization");
        if (options.SavesGraphTo is not null)
        {
            fixed (byte* path = Encoding.UTF8.GetBytes(options.SavesGraphTo + '\0'))
            {
                api.Require(api.SetOptimizedModelPath(value, path), "set where the graph is written");
            }
        }
    }

    private static void SetMemory(OrtApi api, nint value, OnnxSessionOptions options)
    {
        if (!options.UseArena)
        {
            api.Require(api.DisableCpuMemArena(value), "turn the arena off");
            api.Require(api.DisableMemPattern(value), "turn memory patterns off");
        }

        foreach (OrtSharedTensor tensor in options.Weights?.Native.Tensors ?? [])
        {
            api.Require(api.AddInitializer(value, tensor.Name, tensor.Value), "share a weight");
        }
    }

    private static void AddEntry(OrtApi api, nint value, ReadOnlySpan<byte> key, ReadOnlySpan<byte> text)
    {
        fixed (byte* name = key)
        fixed (byte* words = text)
        {
            api.Require(api.AddConfigEntry(value, name, words), "set an option");
        }
    }

    /// <summary><c>GraphOptimizationLevel</c> of onnxruntime_c_api.h.</summary>
    private static int NativeLevel(OnnxGraphLevel level) => level switch
    {
        OnnxGraphLevel.None => 0,
        OnnxGraphLevel.Basic => 1,
        OnnxGraphLevel.Extended => 2,
        OnnxGraphLevel.All => 99,
        OnnxGraphLevel.Unknown => throw Check.Unreachable(level),
    };
}
