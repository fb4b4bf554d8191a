package lakehouse;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import javax.security.sasl.AuthenticationException;
import org.apache.hadoop.hive.conf.HiveConf;
import org.apache.hive.service.auth.PasswdAuthenticationProvider;

/**
 * Logins to the Thrift server with the password file of `lakehouse user`, which is read at each login.
 *
 * Its lines are name:pbkdf2_sha256$iterations$salt$hash. Janino compiles this file at the start of
 * the server: it knows no lambdas, no multi-catch, and takes the values of a generic type for Object.
 */
public final class PasswordFile implements PasswdAuthenticationProvider {
    /** Checked for an unknown name, so that its refusal takes as long as that of a wrong password. */
    private static final String NOBODY = "pbkdf2_sha256$600000$bm9ib2R5$bm9ib2R5";

    /**
     * Entries of the file with a keyed digest of their password. A hash takes 0.3 s of CPU, and a
     * build logs in hundreds of times.
     */
    private static final ConcurrentHashMap<String, byte[]> VERIFIED =
        new ConcurrentHashMap<String, byte[]>();
    private static final byte[] KEY = new byte[32];

    static {
        new SecureRandom().nextBytes(KEY);
    }

    @Override
    public void Authenticate(String user, String password) throws AuthenticationException {
        boolean accepted;
        try {
            accepted = accepts(entryOf(user), password);
        } catch (Exception error) {
            throw new AuthenticationException("the password file cannot be used", error);
        }
        if (!accepted) {
            throw new AuthenticationException("wrong user or password");
        }
    }

    private static String entryOf(String user) throws Exception {
        String file = new HiveConf().get("lakehouse.users.file");
        byte[] content = Files.readAllBytes(Paths.get(file));
        for (String line : new String(content, StandardCharsets.UTF_8).split("\n")) {
            if (line.startsWith(user + ":")) {
                return line.substring(user.length() + 1);
            }
        }
        return NOBODY;
    }

    private static boolean accepts(String entry, String password) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(KEY, "HmacSHA256"));
        byte[] digest = mac.doFinal(password.getBytes(StandardCharsets.UTF_8));
        byte[] verified = (byte[]) VERIFIED.get(entry);
        if (verified != null && MessageDigest.isEqual(verified, digest)) {
            return true;
        }
        String[] parts = entry.split("\\$");
        byte[] salt = Base64.getDecoder().decode(parts[2]);
        byte[] hash = Base64.getDecoder().decode(parts[3]);
        int iterations = Integer.parseInt(parts[1]);
        PBEKeySpec spec = new PBEKeySpec(password.toCharArray(), salt, iterations, 256);
        byte[] found =
            SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256").generateSecret(spec).getEncoded();
        if (!MessageDigest.isEqual(found, hash)) {
            return false;
        }
        VERIFIED.put(entry, digest);
        return true;
    }
}
