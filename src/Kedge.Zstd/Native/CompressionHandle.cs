using System.Runtime.InteropServices;

namespace Kedge.Zstd.Native;

/// <summary>A compression context of the library.</summary>
internal sealed class CompressionHandle : SafeHandle
{
    private CompressionHandle(nint context)
        : base(0, ownsHandle: true) => SetHandle(context);

    public override bool IsInvalid => handle == 0;

    public static CompressionHandle Create() => new(LibZstd.CreateCompression());

    protected override bool ReleaseHandle() => LibZstd.IsError(LibZstd.FreeCompression(handle)) == 0;
}
