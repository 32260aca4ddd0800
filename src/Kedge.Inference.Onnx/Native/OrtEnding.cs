using System.Runtime.InteropServices;

namespace Kedge.Inference.Onnx.Native;

/// <summary>Where the caller of a run sleeps while a thread of the pool leads it. One run at a time.</summary>
internal sealed unsafe class OrtEnding
{
    private readonly ManualResetEventSlim _hasEnded = new(initialState: false, spinCount: 0);
    private nint _status;

    /// <summary>What the runtime is to call, with the handle of an object of this class, when the run has ended.
    /// </summary>
    internal static delegate* unmanaged<nint, nint*, nuint, nint, void> Callback => &End;

    /// <summary>To be called before each run.</summary>
    internal void Begin() => _hasEnded.Reset();

    /// <summary>Waits for the end of the run; returns the native status.</summary>
    internal nint Wait()
    {
        _hasEnded.Wait();
        return _status;
    }

    [UnmanagedCallersOnly]
    private static void End(nint handle, nint* outputs, nuint outputCount, nint status)
    {
        // The handle is one of this class alone, and is held by whoever waits.
        OrtEnding ending = (OrtEnding)GCHandle.FromIntPtr(handle).Target!;
        ending._status = status;
        ending._hasEnded.Set();
    }
}
