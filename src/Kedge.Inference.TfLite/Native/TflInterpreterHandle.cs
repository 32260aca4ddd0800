using System.Runtime.InteropServices;

namespace Kedge.Inference.TfLite.Native;

/// <summary><c>TfLiteInterpreter</c>; keeps its model and its delegates until it is gone.</summary>
internal sealed unsafe class TflInterpreterHandle : SafeHandle
{
    private readonly TflApi _api;
    private readonly TflModelHandle _model;
    private readonly TflDelegates _delegates;

    internal TflInterpreterHandle(TflApi api, nint value, TflModelHandle model, TflDelegates delegates)
        : base(0, ownsHandle: true)
    {
        bool held = false;
        model.DangerousAddRef(ref held);
        _api = api;
        _model = model;
        _delegates = delegates;
        SetHandle(value);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The object; valid while this handle is neither disposed nor collected.</summary>
    internal nint Value => handle;

    protected override bool ReleaseHandle()
    {
        _api.DeleteInterpreter(handle);
        _delegates.Release();
        _model.DangerousRelease();
        return true;
    }
}
