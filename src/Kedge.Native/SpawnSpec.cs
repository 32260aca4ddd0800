using System.Collections.Immutable;

namespace Kedge.Native;

/// <summary>
/// A process to start. It gets a session of its own, default signals, no pipe, and no other descriptor.
/// </summary>
public sealed record SpawnSpec
{
    /// <summary>Absolute path of the program.</summary>
    public required string Program { get; init; }

    /// <summary>The arguments after the program's own name, each as it is: no shell reads them.</summary>
    public ImmutableArray<string> Arguments { get; init; } = [];

    /// <summary>The whole environment, as <c>NAME=value</c>; nothing is inherited.</summary>
    public ImmutableArray<string> Environment { get; init; } = [];

    /// <summary>Where it starts; null for the folder of this process.</summary>
    public string? WorkingFolder { get; init; }

    /// <summary>File that standard output and error are appended to; null sends them to <c>/dev/null</c>.</summary>
    public string? OutputFile { get; init; }

    /// <summary>Descriptors that it gets as number 3, 4, and so on. The caller keeps its own.</summary>
    public ImmutableArray<FileDescriptor> Descriptors { get; init; } = [];
}
