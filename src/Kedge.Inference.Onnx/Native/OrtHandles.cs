using System.Runtime.InteropServices;

namespace Kedge.Inference.Onnx.Native;

/// <summary>One native object of the runtime, released by the table's function for its kind.</summary>
internal abstract class OrtHandle : SafeHandle
{
    private protected OrtHandle(OrtApi api, nint value)
        : base(0, ownsHandle: true)
    {
        Api = api;
        SetHandle(value);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The object; valid while this handle is neither disposed nor collected.</summary>
    internal nint Value => handle;

    private protected OrtApi Api { get; }
}

/// <summary><c>OrtEnv</c>: one per process.</summary>
internal sealed unsafe class OrtEnvHandle : OrtHandle
{
    private const int LogFatalOnly = 4;

    private static readonly Lock Gate = new();
    private static OrtEnvHandle? _shared;

    private OrtEnvHandle(OrtApi api, nint value)
        : base(api, value)
    {
    }

    /// <summary>The one of this process: made at the first call, never released.</summary>
    internal static OrtEnvHandle Shared(OrtApi api)
    {
        lock (Gate)
        {
            if (_shared is null)
            {
                nint value;
                fixed (byte* id = "kedge\0"u8)
                {
                    api.Require(api.CreateEnv(LogFatalOnly, id, &value), "create the environment");
                }

                _shared = new OrtEnvHandle(api, value);
                api.Require(api.DisableTelemetry(value), "turn telemetry off");
            }

            return _shared;
        }
    }

    protected override bool ReleaseHandle()
    {
        Api.ReleaseEnv(handle);
        return true;
    }
}

/// <summary><c>OrtSession</c>; holds what it shares with others until it is released.</summary>
internal sealed unsafe class OrtSessionHandle : OrtHandle
{
    private readonly OrtWeights? _weights;
    private OrtMemoryHandle? _memory;

    internal OrtSessionHandle(OrtApi api, nint value, OrtWeights? weights)
        : base(api, value)
    {
        bool held = false;
        weights?.DangerousAddRef(ref held);
        _weights = weights;
    }

    /// <summary>Where its tensors lie; it ends with the session.</summary>
    internal OrtMemoryHandle Memory
    {
        get => _memory ?? throw Kedge.Core.Check.Unreachable();
        set => _memory = value;
    }

    protected override bool ReleaseHandle()
    {
        if (OrtLoan.IsHere)
        {
            // Who releases a session waits for its threads, of which this may be one.
            _ = ThreadPool.UnsafeQueueUserWorkItem(static session => session.Release(), this, preferLocal: false);
        }
        else
        {
            Release();
        }

        return true;
    }

    private void Release()
    {
        Api.ReleaseSession(handle);
        _memory?.Dispose();
        _weights?.DangerousRelease();
    }
}

/// <summary><c>OrtSessionOptions</c>.</summary>
internal sealed unsafe class OrtOptionsHandle(OrtApi api, nint value) : OrtHandle(api, value)
{
    protected override bool ReleaseHandle()
    {
        Api.ReleaseOptions(handle);
        return true;
    }
}

/// <summary><c>OrtMemoryInfo</c>.</summary>
internal sealed unsafe class OrtMemoryHandle(OrtApi api, nint value) : OrtHandle(api, value)
{
    protected override bool ReleaseHandle()
    {
        Api.ReleaseMemory(handle);
        return true;
    }
}
