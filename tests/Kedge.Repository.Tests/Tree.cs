using Kedge.Tidy;

namespace Kedge.Repository.Tests;

/// <summary>The working tree that these tests were built from.</summary>
internal static class Tree
{
    public static readonly string Root = Kedge.Tidy.Repository.FindRoot(AppContext.BaseDirectory);

    public static Kedge.Tidy.Repository Read() => Kedge.Tidy.Repository.Read(Root);

    public static string At(string path) => Path.Combine(Root, path);

    /// <summary>The pages that people read: README, ARCHITECTURE and docs.</summary>
    public static IReadOnlyList<SourceFile> Pages() =>
    [
        .. Read().Files.Where(file => file.Path.EndsWith(".md", StringComparison.Ordinal)
            && (file.Path.StartsWith("docs/", StringComparison.Ordinal) || !file.Path.Contains('/'))),
    ];
}
