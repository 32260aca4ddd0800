using System.Runtime.InteropServices;
using System.Text;

namespace Kedge.Inference.Onnx.Native;

/// <summary>Texts as C has them: an array of pointers to bytes that end with a zero.</summary>
internal sealed unsafe class NativeTexts : IDisposable
{
    internal NativeTexts(IReadOnlyList<string> texts)
    {
        Count = texts.Count;
        Pointers = (byte**)NativeMemory.AllocZeroed((nuint)Count + 1, (nuint)sizeof(nint));
        for (int i = 0; i < Count; i++)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(texts[i]);
            Pointers[i] = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
            bytes.CopyTo(new Span<byte>(Pointers[i], bytes.Length));
        }
    }

    internal int Count { get; }

    internal byte** Pointers { get; private set; }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        for (int i = 0; Pointers is not null && i < Count; i++)
        {
            NativeMemory.Free(Pointers[i]);
        }

        NativeMemory.Free(Pointers);
        Pointers = null;
    }

    ~NativeTexts() => Free();
}
