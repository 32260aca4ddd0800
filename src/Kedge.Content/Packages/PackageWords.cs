using Kedge.Core;
using Kedge.Core.Models;

namespace Kedge.Content.Packages;

/// <summary>
/// The words by which enumerations are written in a manifest. A word that is not known is read as unknown.
/// </summary>
internal static class PackageWords
{
    public const int CharsMax = 32;

    public static string Of(ModelFormat format)
    {
        Check.That(format != ModelFormat.Unknown);
        return ModelFormats.Word(format);
    }

    /// <summary>How names of files of a format end.</summary>
    public static string Ending(ModelFormat format) => Of(format);

    public static string Of(AcceleratorKind kind) => kind switch
    {
        AcceleratorKind.Cpu => "cpu",
        AcceleratorKind.Gpu => "gpu",
        AcceleratorKind.Npu => "npu",
        AcceleratorKind.Tpu => "tpu",
        AcceleratorKind.Unknown => throw Check.Unreachable(kind),
    };

    public static string Of(GoldenSource source) => source switch
    {
        GoldenSource.Author => "author",
        GoldenSource.Recorded => "recorded",
        GoldenSource.Unknown => throw Check.Unreachable(source),
    };

    public static ModelFormat Format(string word) => ModelFormats.Of(word);

    public static AcceleratorKind Accelerator(string word) => word switch
    {
        "cpu" => AcceleratorKind.Cpu,
        "gpu" => AcceleratorKind.Gpu,
        "npu" => AcceleratorKind.Npu,
        "tpu" => AcceleratorKind.Tpu,
        _ => AcceleratorKind.Unknown,
    };

    public static GoldenSource Source(string word) => word switch
    {
        "author" => GoldenSource.Author,
        "recorded" => GoldenSource.Recorded,
        _ => GoldenSource.Unknown,
    };
}
