namespace Kedge.ControlPlane.Content;

/// <summary>Moves and removals of files that another server on the same folder may do at the same time.</summary>
internal static class FileMoves
{
    /// <summary>Moves a file over whatever is there; false when it was gone already.</summary>
    public static bool Try(string from, string to)
    {
        try
        {
            File.Move(from, to, overwrite: true);
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Puts a file back where nothing has taken its place; removes it otherwise.</summary>
    public static void PutBack(string from, string to)
    {
        try
        {
            if (File.Exists(to))
            {
                File.Delete(from);
            }
            else
            {
                File.Move(from, to, overwrite: true);
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Another server has done it.
        }
    }

    /// <summary>Removes a file; its length in bytes, or null when it was gone already.</summary>
    public static long? Remove(string path)
    {
        FileInfo file = new(path);
        if (!file.Exists)
        {
            return null;
        }

        long bytes = file.Length;
        file.Delete();
        return bytes;
    }
}
