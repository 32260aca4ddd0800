using System.Runtime.InteropServices;

namespace Kedge.Inference.Onnx.Native;

/// <summary>
/// A thread of a session's pool, lent to work that runs the session. Problem: a caller whose run is led by such a
/// thread sleeps meanwhile; between two runs that thread wakes the caller, and the caller that thread, each on a
/// processor that computes, while its own waits. Approach: the work itself goes to that thread, and runs the session
/// there as its caller, again and again. The runtime has no call for that, but it calls back on the thread that led a
/// run: it is asked for a run of no inputs and no outputs, which it refuses there, in a microsecond. Invariant: the
/// session is held until the work begins; afterwards whoever releases it waits for the thread. One loan at a time.
/// </summary>
/// <param name="session">Whose threads are lent.</param>
internal sealed unsafe class OrtLoan(OrtSession session)
{
    [ThreadStatic]
    private static OrtSession? _lender;

    private IThreadPoolWorkItem? _work;

    /// <summary>What the runtime is to call.</summary>
    internal static delegate* unmanaged<nint, nint*, nuint, nint, void> Callback => &Execute;

    /// <summary>True on a thread that some session has lent.</summary>
    internal static bool IsHere => _lender is not null;

    /// <summary>True on a thread that this session has lent.</summary>
    internal static bool IsOf(OrtSession session) => _lender == session;

    /// <summary>Begins a loan; returns the handle that the callback is to get. <see cref="End"/> ends it.</summary>
    internal nint Begin(IThreadPoolWorkItem work)
    {
        _work = work;
        return GCHandle.ToIntPtr(GCHandle.Alloc(this));
    }

    /// <summary>Its work is done, or there was no thread.</summary>
    internal void End(nint handle)
    {
        GCHandle.FromIntPtr(handle).Free();
        _work = null;
        session.Return(this);
    }

    private void Execute(nint handle, nint status)
    {
        IThreadPoolWorkItem work = _work ?? throw Kedge.Core.Check.Unreachable();
        OrtSession? before = _lender;
        _lender = session;
        session.Begun(status);
        work.Execute();
        End(handle);
        _lender = before;
    }

    [UnmanagedCallersOnly]
    private static void Execute(nint handle, nint* outputs, nuint outputCount, nint status) =>
        ((OrtLoan)GCHandle.FromIntPtr(handle).Target!).Execute(handle, status); // A handle of this class alone.
}
