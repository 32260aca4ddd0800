using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;

namespace Kedge.Inference.TfLite.Native;

/// <summary>The delegates of one interpreter, each from a library of its own.</summary>
internal sealed unsafe class TflDelegates
{
    private readonly List<(nint Delegate, nint Destroy)> _made = [];

    private TflDelegates()
    {
    }

    /// <summary>The native objects, in the order that they were asked for.</summary>
    internal IEnumerable<nint> Values => _made.Select(static one => one.Delegate);

    /// <summary>Makes them.</summary>
    /// <exception cref="KedgeException">One cannot be made (KEDGE-SERVE-033); none is left then.</exception>
    internal static TflDelegates Make(ImmutableArray<TfLiteDelegate> wanted)
    {
        TflDelegates delegates = new();
        try
        {
            foreach (TfLiteDelegate one in wanted)
            {
                delegates._made.Add(Make(one));
            }

            return delegates;
        }
        catch
        {
            delegates.Release();
            throw;
        }
    }

    /// <summary>Gives them back; the interpreter is gone.</summary>
    internal void Release()
    {
        foreach ((nint value, nint destroy) in _made)
        {
            ((delegate* unmanaged<nint, void>)destroy)(value);
        }

        _made.Clear();
    }

    private static (nint Delegate, nint Destroy) Make(TfLiteDelegate wanted)
    {
        if (!NativeLibrary.TryLoad(wanted.LibraryPath, out nint library)
            || !NativeLibrary.TryGetExport(library, "tflite_plugin_create_delegate", out nint create)
            || !NativeLibrary.TryGetExport(library, "tflite_plugin_destroy_delegate", out nint destroy))
        {
            throw new KedgeException(
                ServeErrors.DelegateUnusable, $"{wanted.LibraryPath} is not a delegate's library for this machine.");
        }

        TflReports.Begin();
        int count = wanted.Options.Length;
        byte** keys = Texts(wanted.Options.Select(static option => option.Key), count);
        byte** values = Texts(wanted.Options.Select(static option => option.Value), count);
        try
        {
            nint made =
                ((delegate* unmanaged<byte**, byte**, nuint, delegate* unmanaged<byte*, void>, nint>)create)(
                    keys, values, (nuint)count, TflReports.PlainReporter);
            return made != 0
                ? (made, destroy)
                : throw new KedgeException(
                    ServeErrors.DelegateUnusable,
                    $"{wanted.LibraryPath}: {TflReports.Words("it makes no delegate, and does not say why")}");
        }
        finally
        {
            Free(keys, count);
            Free(values, count);
        }
    }

    private static byte** Texts(IEnumerable<string> texts, int count)
    {
        byte** all = (byte**)NativeMemory.AllocZeroed((nuint)count + 1, (nuint)sizeof(nint));
        int index = 0;
        foreach (string text in texts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            all[index] = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
            bytes.CopyTo(new Span<byte>(all[index++], bytes.Length));
        }

        return all;
    }

    private static void Free(byte** texts, int count)
    {
        for (int i = 0; i < count; i++)
        {
            NativeMemory.Free(texts[i]);
        }

        NativeMemory.Free(texts);
    }
}
