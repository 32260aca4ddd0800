using System.Runtime.InteropServices;

namespace Kedge.Inference.TfLite.Native;

/// <summary><c>TfLiteModel</c>, and the bytes that it reads where it is not a file.</summary>
internal sealed unsafe class TflModelHandle : SafeHandle
{
    private readonly TflApi _api;
    private readonly void* _bytes;

    internal TflModelHandle(TflApi api, nint value, void* bytes)
        : base(0, ownsHandle: true)
    {
        _api = api;
        _bytes = bytes;
        SetHandle(value);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The object; valid while this handle is neither disposed nor collected.</summary>
    internal nint Value => handle;

    protected override bool ReleaseHandle()
    {
        _api.DeleteModel(handle);
        NativeMemory.Free(_bytes);
        return true;
    }
}
