using Kedge.Core.Models;

namespace Kedge.Agent.Content;

/// <summary>A file that a release needs, and where the store keeps it.</summary>
/// <param name="Path">Its place, relative to the data folder.</param>
/// <param name="File">What it must be.</param>
internal sealed record WantedFile(string Path, PackageFile File);
