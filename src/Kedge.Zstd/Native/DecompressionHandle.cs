using System.Runtime.InteropServices;

namespace Kedge.Zstd.Native;

/// <summary>A decompression context of the library.</summary>
internal sealed class DecompressionHandle : SafeHandle
{
    private DecompressionHandle(nint context)
        : base(0, ownsHandle: true) => SetHandle(context);

    public override bool IsInvalid => handle == 0;

    public static DecompressionHandle Create() => new(LibZstd.CreateDecompression());

    protected override bool ReleaseHandle() => LibZstd.IsError(LibZstd.FreeDecompression(handle)) == 0;
}
