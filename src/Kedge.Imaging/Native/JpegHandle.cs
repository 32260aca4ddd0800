using System.Runtime.InteropServices;

namespace Kedge.Imaging.Native;

/// <summary>One decoder of libturbojpeg.</summary>
internal sealed class JpegHandle : SafeHandle
{
    private readonly JpegLibrary _library;

    internal JpegHandle(JpegLibrary library)
        : base(0, ownsHandle: true)
    {
        _library = library;
        SetHandle(library.Open());
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    internal nint Value => handle;

    protected override bool ReleaseHandle()
    {
        _library.Close(handle);
        return true;
    }
}
