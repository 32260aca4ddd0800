using Kedge.Content.Formats;
using Kedge.Content.Gate;
using Kedge.Onnx;
using Microsoft.Win32.SafeHandles;

namespace Kedge.Cli.Models;

/// <summary>
/// The files of a push, open as long as it takes: what is read later is the file that was looked at, even when another
/// one takes its name. A file that the user names may be a link; a file that a model names may not, since the model may
/// be anybody's.
/// </summary>
internal sealed class PushFiles(CancellationToken ct) : IDisposable
{
    private readonly List<SafeFileHandle> _handles = [];

    /// <summary>Opens a file that the user named.</summary>
    public ModelFile Open(string path) => File.Exists(path)
        ? OpenFound(path)
        : throw new CliException(CliErrors.File, $"{path} does not exist", ExitCodes.Failed);

    /// <summary>
    /// Opens the files that an ONNX model says its weights are in; none for any other file. Whether the model may name
    /// them is for the gate to say: those that are no plain names are left to it.
    /// </summary>
    /// <param name="path">The model's path, whose folder is looked into.</param>
    /// <param name="model">The model.</param>
    public IEnumerable<ModelFile> Named(string path, ModelFile model)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        foreach (string name in Locations(model).Where(
            name => ExternalDataRule.NameRefusal(name, model.Name) is null))
        {
            yield return OpenBeside(Path.Combine(folder, name), Path.GetFileName(path));
        }
    }

    public void Dispose() => _handles.ForEach(static handle => handle.Dispose());

    /// <summary>Opens a file that another file names: a regular one, no link.</summary>
    /// <param name="path">The file.</param>
    /// <param name="by">What names it.</param>
    public ModelFile OpenBeside(string path, string by)
    {
        FileInfo file = new(path);
        string? why = file.LinkTarget is not null ? "is a link"
            : Directory.Exists(path) ? "is a folder"
            : !file.Exists ? "does not exist"
            : file.Length == 0 ? "is empty or no regular file"
            : null;
        return why is null
            ? OpenFound(path)
            : throw new CliException(CliErrors.Sibling, $"{by} needs {path}, which {why}", ExitCodes.Refused);
    }

    private ModelFile OpenFound(string path)
    {
        SafeFileHandle handle = File.OpenHandle(path, options: FileOptions.SequentialScan);
        _handles.Add(handle);
        return new ModelFile(Path.GetFileName(path), RandomAccess.GetLength(handle), (offset, into) =>
        {
            ct.ThrowIfCancellationRequested();
            return RandomAccess.Read(handle, into, offset);
        });
    }

    private static IEnumerable<string> Locations(ModelFile model)
    {
        // A model in protocol buffers begins with its version; nothing else is read whole here.
        byte[] head = new byte[1];
        if (model.Bytes > OnnxLimits.ModelBytesMax || !model.TryFill(0, head) || head[0] != 0x08)
        {
            return [];
        }

        byte[] whole = new byte[model.Bytes];
        return model.TryFill(0, whole) ? ExternalDataRule.Names(whole) : [];
    }
}
