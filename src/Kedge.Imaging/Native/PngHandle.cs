using System.Runtime.InteropServices;

namespace Kedge.Imaging.Native;

/// <summary>One context of libspng: one image.</summary>
internal sealed class PngHandle : SafeHandle
{
    private readonly PngLibrary _library;

    internal PngHandle(PngLibrary library)
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
