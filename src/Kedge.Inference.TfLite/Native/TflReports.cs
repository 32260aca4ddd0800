using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Kedge.Inference.TfLite.Native;

/// <summary>
/// What the library says went wrong. It reports by a callback with a format and arguments, on the thread that called
/// it,
/// before the call returns that it failed: the words of this thread are kept until somebody asks.
/// </summary>
internal static unsafe partial class TflReports
{
    private const int WordsMax = 1000;
    private const int OneMax = 500;

    [ThreadStatic]
    private static StringBuilder? _words;

    /// <summary>The callback.</summary>
    internal static delegate* unmanaged<void*, byte*, void*, void> Reporter => &Report;

    /// <summary>The callback of a delegate's library, which formats by itself.</summary>
    internal static delegate* unmanaged<byte*, void> PlainReporter => &ReportPlain;

    /// <summary>Forgets what was said before.</summary>
    internal static void Begin() => _words?.Clear();

    /// <summary>What was said on this thread since then.</summary>
    internal static string Words(string nothing) =>
        _words is { Length: > 0 } ? _words.ToString().Trim().ReplaceLineEndings(" ") : nothing;

    [UnmanagedCallersOnly]
    private static void Report(void* user, byte* format, void* arguments)
    {
        byte* text = stackalloc byte[OneMax];
        if (Format(text, OneMax, format, arguments) > 0)
        {
            Add(text);
        }
    }

    [UnmanagedCallersOnly]
    private static void ReportPlain(byte* text) => Add(text);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Add(byte* text)
    {
        StringBuilder words = _words ??= new StringBuilder();
        if (words.Length < WordsMax && text is not null)
        {
            words.Append(Marshal.PtrToStringUTF8((nint)text)).Append(' ');
        }
    }

    /// <summary>vsnprintf(3): a <c>va_list</c> is passed on as it came, by its address on x64 and arm64.</summary>
    [LibraryImport("libc", EntryPoint = "vsnprintf")]
    private static partial int Format(byte* text, nuint room, byte* format, void* arguments);
}
