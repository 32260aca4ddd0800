using System.Text.Json;

namespace Kedge.Api;

/// <summary>The file of contexts, mode 0600: which servers the user knows, and how to call them.</summary>
public sealed record ContextDocument
{
    /// <summary>Name of the context that is used when none is named.</summary>
    public string CurrentContext { get; init; } = "";

    /// <summary>The contexts, names unique.</summary>
    public IReadOnlyList<KedgeContext> Contexts { get; init; } = [];

    /// <summary>
    /// Reads a file; an empty document when there is none. Throws <see cref="JsonException"/> when it is damaged.
    /// </summary>
    public static ContextDocument Load(string path)
    {
        if (!File.Exists(path))
        {
            return new ContextDocument();
        }

        return JsonSerializer.Deserialize(File.ReadAllBytes(path), ApiJson.Default.ContextDocument) ?? new();
    }

    /// <summary>This document with one context put in or replaced, which becomes the current one.</summary>
    public ContextDocument With(KedgeContext context) => new()
    {
        CurrentContext = context.Name,
        Contexts = [.. Contexts.Where(c => c.Name != context.Name), context],
    };

    /// <summary>The named context, or the current one when the name is empty; null when there is none.</summary>
    public KedgeContext? Find(string name = "") =>
        Contexts.FirstOrDefault(c => c.Name == (name.Length > 0 ? name : CurrentContext));

    /// <summary>Writes the file whole: temporary name, mode 0600 from the first byte, rename.</summary>
    public void Save(string path)
    {
        string full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full) ?? "/");
        string temporary = full + ".new";
        File.Delete(temporary);
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (FileStream file = new(temporary, options))
        {
            JsonSerializer.Serialize(file, this, ApiJson.Default.ContextDocument);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, full, overwrite: true);
    }
}

/// <summary>One server and how to call it.</summary>
public sealed record KedgeContext
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Base address, <c>https://host:port</c>.</summary>
    public required string Server { get; init; }

    /// <summary>Root of the server's authority, PEM: nothing else is trusted.</summary>
    public required string RootPem { get; init; }

    /// <summary>Bearer token.</summary>
    public required string Token { get; init; }

    /// <summary>Folder of the owner's keys on this machine; empty when they are elsewhere.</summary>
    public string OwnerFolder { get; init; } = "";
}
